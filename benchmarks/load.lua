-- wrk -s load.lua <url> -- <method> <path> <at most so many requests> <first number> <authorization> <body, with %d for a number>
local method, path, limit, number, authorization, body
local sent = 0

function init(arguments)
    method, path, limit, number, authorization, body = unpack(arguments)
    limit, number = tonumber(limit), tonumber(number)
    wrk.headers["Authorization"] = authorization ~= "" and authorization or nil
    wrk.headers["Content-Type"] = body and "application/json" or nil
    prepared = wrk.format(method, path)
end

function request()
    sent = sent + 1
    if sent >= limit then wrk.thread:stop() end
    if not body then return prepared end
    return wrk.format(method, path, nil, (body:gsub("%%d", string.format("%d", number + sent))))
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"seconds": %f, "requests": %d, "failed": %d, "p50": %f, "p99": %f}',
        summary.duration / 1e6, summary.requests,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
    ))
end
