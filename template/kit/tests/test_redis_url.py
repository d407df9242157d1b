"""The URL of a Redis server is used as it is written, or refused at the audit."""

import pytest
from pydantic import SecretStr

from kit.redis_url import check_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://:s3cret@localhost:6379/15",
        "redis://ann:hun%40ter2%2F@localhost:6379/0?protocol=3&health_check_interval=30",
        "rediss://:hun@ter2@localhost:6379/0?ssl_cert_reqs=none&socket_keepalive=true",
        "rediss://localhost:6379?ssl_cert_reqs=required&ssl_check_hostname=false",
        "unix:///run/redis.sock?db=1",
        "redis://[::1]:6379/0?max_connections=5",
    ],
)
def test_what_the_driver_understands_is_accepted(url: str) -> None:
    assert check_redis_url(SecretStr(url)).get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("localhost:6379", "rediss://"),
        ("redis:///0", "not the URL"),
        ("unix://", "not the URL"),
        ("redis://localhost:port/0", "not the URL"),
        ("redis://localhost/first", "not the URL"),
        ("redis://ann:ter2/x@localhost:6379/0", "not the URL"),
        ("redis://ann:ter2#x@localhost:6379/0", "not the URL"),
        ("redis://ann:12/ter2@localhost:6379/0", "not the URL"),
        ("redis://ann:12?ter2=x@localhost:6379/0", "%40"),
        ("redis://localhost:6379/0?ssl=true", "'ssl'.*rediss://"),
        ("redis://localhost:6379/0?tls=true", "'tls'.*rediss://"),
        ("redis://localhost:6379/0?ssl_cert_reqs=required", "ssl_cert_reqs.*rediss://"),
        ("rediss://localhost:6379/0?ssl_cert_reqs=CERT_NONE", "CERT_NONE"),
        ("rediss://localhost:6379/0?ssl_ca_certs=/missing", "No such file"),
        ("rediss://localhost:6379/0?ssl_ca_certs=/etc/hostname", "CERTIFICATE"),
        ("rediss://localhost:6379/0?ssl_certfile=/missing", "No such file"),
        ("redis://localhost:6379/0?health_check_interval=often", "health_check_interval"),
        ("redis://localhost:6379/0?decode_responses=true", "decode_responses"),
    ],
)
def test_what_it_does_not_understand_is_refused_without_a_part_of_the_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        check_redis_url(SecretStr(url))
    assert "ter2" not in str(error.value)
