"""Which of the published keys count, and for which algorithms."""

import asyncio
from functools import partial
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from kit.testing.provider import Provider
from kit.tests.auth.oidc.asking import publishing, serving, status_of

pytestmark = pytest.mark.anyio


async def test_only_algorithms_of_the_settings_count(own: Provider) -> None:
    async with serving(own, algorithms=("ES256",), keys_interval=0.01) as client:
        assert await status_of(client, own.token()) == 401
        own.rotate("EC")
        await asyncio.sleep(0.02)
        assert await status_of(client, own.token()) == 200


async def test_a_key_counts_only_for_its_algorithm(own: Provider) -> None:
    whole = own.published[0].as_dict(private=True)
    free = RSAKey.import_key({name: value for name, value in whole.items() if name != "alg"})
    async with serving(own) as client:
        assert await status_of(client, own.token(key=free, header={"alg": "RS256"})) == 200
        assert await status_of(client, own.token(key=free, header={"alg": "PS256"})) == 401


async def test_a_key_without_an_algorithm_counts_for_those_of_its_kind(own: Provider) -> None:
    own.published = [RSAKey.generate_key(2048, {"kid": "free"})]
    async with serving(own) as client:
        assert {await status_of(client, own.token(header={"alg": name})) for name in ("RS256", "PS256")} == {200}


@pytest.mark.parametrize("parameters", [{"use": "enc"}, {"key_ops": ["encrypt"]}])
async def test_keys_that_do_not_sign_are_ignored(own: Provider, parameters: dict[str, Any]) -> None:
    signing = own.published[0]
    public = {name: value for name, value in signing.as_dict(private=False).items() if name != "use"} | parameters
    own.fault = partial(publishing, [public])
    async with serving(own) as client:
        assert await status_of(client, own.token()) == 401


async def test_a_symmetric_key_that_is_published_is_ignored(own: Provider) -> None:
    secret = {"kty": "oct", "kid": own.published[0].kid, "k": "c2VjcmV0LW9mLXRoaXJ0eS10d28tYnl0ZXMtb3ItbW9yZQ"}
    own.fault = partial(publishing, [secret])
    async with serving(own) as client:
        assert await status_of(client, own.token()) == 401
        assert (await client.get("/ready")).json()["checks"]["auth"]["details"]["keys"] == 0


async def test_of_very_many_keys_only_the_first_count(own: Provider) -> None:
    signing = own.published[0].as_dict(private=False)
    others = [{**signing, "kid": f"other-{number}"} for number in range(100)]
    for keys, status in (([*others[:99], signing], 200), ([*others, signing], 401)):
        own.fault = partial(publishing, keys)
        async with serving(own) as client:
            assert await status_of(client, own.token()) == status
