"""The Lua scripts, each of which the server runs in one step.

Their keys, all with the prefix of the service:

- data:<name>: the payload, with Redis's own TTL.
- names: all names in the order of their bytes; some have expired and wait for the sweep.
- deadlines: names that expire, by the time at which they do.
- callbacks: name → the callback to call when it expires.
- namespaces: those with at least one name.
- due: ids of callbacks, by the time at which they are due; callback:<id> holds the callback.
- ping: what a check has written.
"""

PRELUDE = """
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function namespace_of(name)
  return string.sub(name, 1, string.find(name, '\\0', 1, true) - 1)
end

local function data(name)
  return base .. 'data:' .. name
end

-- Drops the deadline of a name before a write; if it has passed, makes its callback due.
local function forget(name)
  local deadline = redis.call('ZSCORE', base .. 'deadlines', name)
  if not deadline then return end
  local callback = redis.call('HGET', base .. 'callbacks', name)
  redis.call('ZREM', base .. 'deadlines', name)
  redis.call('HDEL', base .. 'callbacks', name)
  if callback and tonumber(deadline) <= now then
    local id = string.format('%016x', redis.call('INCR', base .. 'sequence'))
    local fields = {'name', name, 'callback', callback, 'attempts', 0, 'expired_at', deadline}
    redis.call('HSET', base .. 'callback:' .. id, unpack(fields))
    redis.call('ZADD', base .. 'due', now, id)
  end
end

local function leave(namespace)
  local first, last = '[' .. namespace .. '\\0', '(' .. namespace .. '\\1'
  if #redis.call('ZRANGEBYLEX', base .. 'names', first, last, 'LIMIT', 0, 1) == 0 then
    redis.call('SREM', base .. 'namespaces', namespace)
  end
end

local function remove(name)
  forget(name)
  local there = redis.call('DEL', data(name))
  if redis.call('ZREM', base .. 'names', name) == 1 then leave(namespace_of(name)) end
  return there
end

local function sweep(limit)
  local names = redis.call('ZRANGEBYSCORE', base .. 'deadlines', '-inf', now, 'LIMIT', 0, limit)
  for _, name in ipairs(names) do remove(name) end
  return #names
end

local function admit(names, most)
  local new, count = {}, 0
  for _, name in ipairs(names) do
    local namespace = namespace_of(name)
    if not new[namespace] and redis.call('SISMEMBER', base .. 'namespaces', namespace) == 0 then
      new[namespace] = true
      count = count + 1
    end
  end
  if count == 0 then return true end
  if most > 0 and redis.call('SCARD', base .. 'namespaces') + count > most then
    sweep(1000)
    if redis.call('SCARD', base .. 'namespaces') + count > most then return false end
  end
  for namespace in pairs(new) do redis.call('SADD', base .. 'namespaces', namespace) end
  return true
end

local function set_deadline(name, ttl, callback)
  redis.call('PEXPIREAT', data(name), now + ttl)
  redis.call('ZADD', base .. 'deadlines', now + ttl, name)
  if callback ~= '' then redis.call('HSET', base .. 'callbacks', name, callback) end
end
"""

PUT = """
local most, ttl, callback, only_new = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
local names = {}
for i = 5, #ARGV, 2 do
  names[#names + 1] = ARGV[i]
  if only_new and redis.call('EXISTS', data(ARGV[i])) == 1 then return 0 end
end
if not admit(names, most) then return redis.error_reply('QUOTA ' .. most) end
for i = 5, #ARGV, 2 do
  local name = ARGV[i]
  forget(name)
  redis.call('SET', data(name), ARGV[i + 1])
  redis.call('ZADD', base .. 'names', 0, name)
  if ttl > 0 then set_deadline(name, ttl, callback) end
end
return 1
"""

DELETE = "return remove(ARGV[1])"

EXPIRE = """
local name, ttl = ARGV[1], tonumber(ARGV[2])
if redis.call('EXISTS', data(name)) == 0 then return 0 end
local callback = redis.call('HGET', base .. 'callbacks', name)
forget(name)
redis.call('PERSIST', data(name))
if ttl > 0 then set_deadline(name, ttl, callback or '') end
return 1
"""

INCREMENT = """
local most, name, by, ttl = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local value = redis.call('GET', data(name))
if value and not string.find(value, '^-?%d+$') then return redis.error_reply('NOT_A_NUMBER') end
if not value then
  if not admit({name}, most) then return redis.error_reply('QUOTA ' .. most) end
  forget(name)
  redis.call('ZADD', base .. 'names', 0, name)
end
local sum = redis.pcall('INCRBY', data(name), by)
if type(sum) == 'table' then return sum end
if not value and ttl > 0 then set_deadline(name, ttl, '') end
return redis.call('GET', data(name))
"""

SWEEP = "return sweep(tonumber(ARGV[1]))"

TAKE = """
local callbacks = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  redis.call('ZADD', base .. 'due', now + ARGV[2], id)
  local fields = redis.call('HMGET', base .. 'callback:' .. id, 'name', 'callback', 'attempts', 'expired_at')
  table.insert(fields, 1, id)
  callbacks[#callbacks + 1] = fields
end
return callbacks
"""

SETTLE = """
redis.call('ZREM', base .. 'due', ARGV[1])
redis.call('DEL', base .. 'callback:' .. ARGV[1])
"""

RETRY = """
local delay, id, attempts = ARGV[1], ARGV[2], ARGV[3]
if redis.call('ZSCORE', base .. 'due', id) then
  redis.call('ZADD', base .. 'due', now + delay, id)
  redis.call('HSET', base .. 'callback:' .. id, 'attempts', attempts)
end
"""

RECORDS = """
local records = {}
for _, name in ipairs(redis.call('ZRANGEBYLEX', base .. 'names', ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  local deadline = redis.call('ZSCORE', base .. 'deadlines', name)
  local callback = redis.call('HGET', base .. 'callbacks', name)
  records[#records + 1] = {name, redis.call('GET', data(name)), deadline or '0', callback or ''}
end
return records
"""

PING = "redis.call('SET', base .. 'ping', now, 'PX', 60000)"

KEEP_LOCK = """
if redis.call('GET', base .. ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('PEXPIRE', base .. ARGV[1], ARGV[3])
"""

FREE_LOCK = """
if redis.call('GET', base .. ARGV[1]) == ARGV[2] then redis.call('DEL', base .. ARGV[1]) end
"""

SCRIPTS = {
    "put": PRELUDE + PUT,
    "delete": PRELUDE + DELETE,
    "expire": PRELUDE + EXPIRE,
    "increment": PRELUDE + INCREMENT,
    "sweep": PRELUDE + SWEEP,
    "take": PRELUDE + TAKE,
    "settle": PRELUDE + SETTLE,
    "retry": PRELUDE + RETRY,
    "records": PRELUDE + RECORDS,
    "ping": PRELUDE + PING,
    "keep_lock": PRELUDE + KEEP_LOCK,
    "free_lock": PRELUDE + FREE_LOCK,
}
