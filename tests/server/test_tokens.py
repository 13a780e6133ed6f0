"""Customers' tokens: which are good, and why each of the others is not."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import JWSRegistry

from handoff_sdk.errors import ConfigError, Unauthenticated
from handoff_sdk.models.config import SigningKey
from handoff_sdk.server.tokens import AnonymousClaims, TokenReader, UserClaims

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret of at least thirty-two bytes"
PRIVATE = OKPKey.generate_key("Ed25519")
PUBLIC_PEM = PRIVATE.as_pem(private=False).decode()
PUBLIC_JWK = json.dumps(PRIVATE.as_dict(private=False))
MIA = {"external_id": "42", "scope": "user"}


@pytest.fixture
def reader():
    keys = (
        SigningKey(kid="shared", secret=SECRET),
        SigningKey(kid="public", public_key=PUBLIC_PEM),
        SigningKey(kid="jwk", public_key=PUBLIC_JWK),
    )
    return TokenReader(keys, b"engine" * 6)


def signed(claims, *, kid="shared", alg="HS256", key=SECRET, **header):
    if isinstance(key, str):
        key = OctKey.import_key(key)
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    header = {"alg": alg, **({} if kid is None else {"kid": kid}), **header}
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, registry=registry)


def unsigned(header, claims):
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join((*parts, ""))


def test_a_token_signed_with_the_shared_secret_is_good(reader):
    claims = reader.claims(signed(MIA | {"name": "Mia", "brand": "acme"}), NOW)

    assert isinstance(claims, UserClaims)
    assert ("42", "Mia", "acme") == (claims.external_id, claims.name, claims.brand)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("kid", ["public", "jwk"])
@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
def test_a_token_signed_with_the_private_key_is_good_under_both_names_of_the_algorithm(reader, kid, alg):
    claims = reader.claims(signed(MIA, kid=kid, alg=alg, key=PRIVATE), NOW)

    assert "42" == claims.external_id


def test_headers_that_mean_nothing_to_us_do_no_harm(reader):
    assert "42" == reader.claims(signed(MIA, x_app="shop", typ="at+jwt"), NOW).external_id


def at(moment: timedelta) -> float:
    return (NOW + moment).timestamp()


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"exp": at(timedelta(hours=1))}, True),
        ({"exp": at(timedelta(seconds=-59))}, True),
        ({"exp": at(timedelta(seconds=-60))}, False),
        ({"nbf": at(timedelta(seconds=60))}, True),
        ({"nbf": at(timedelta(seconds=61))}, False),
        ({"exp": 0}, False),
    ],
)
def test_clocks_may_differ_by_a_minute(reader, claims, good):
    token = signed(MIA | claims)

    if good:
        assert reader.claims(token, NOW)
    else:
        with pytest.raises(Unauthenticated):
            reader.claims(token, NOW)


GOOD = signed(MIA)
HEAD, BODY, SIGNATURE = GOOD.split(".")
OTHER_BODY = urlsafe_b64encode(json.dumps(MIA | {"external_id": "43"}).encode()).decode().rstrip("=")
DEEP = urlsafe_b64encode(b"[" * 5000).decode()


@pytest.mark.parametrize(
    ("token", "why"),
    [
        pytest.param(unsigned({"alg": "none", "kid": "shared"}, MIA), "alg", id="alg none"),
        pytest.param(unsigned({"alg": "None", "kid": "public"}, MIA), "alg", id="alg None"),
        pytest.param(unsigned({"alg": ["HS256"], "kid": "shared"}, MIA), "token", id="alg a list"),
        pytest.param(unsigned({"kid": "shared"}, MIA), "token", id="no alg"),
        pytest.param(signed(MIA, alg="HS512"), "alg", id="another alg than the key's"),
        pytest.param(signed(MIA, kid="nobody"), "kid", id="unknown kid"),
        pytest.param(signed(MIA, kid=None), "kid", id="no kid"),
        pytest.param(unsigned({"alg": "HS256", "kid": ["shared"]}, MIA), "kid", id="kid a list"),
        pytest.param(signed(MIA, key="another secret of thirty-two bytes or more"), "signature", id="another secret"),
        pytest.param(f"{HEAD}.{OTHER_BODY}.{SIGNATURE}", "signature", id="tampered with"),
        pytest.param(f"{HEAD}.{BODY}.", "signature", id="signature cut off"),
        pytest.param(f"{HEAD}.{BODY}", "token", id="no signature"),
        pytest.param(signed(MIA, kid="public"), "alg", id="a secret's alg under a public key's kid"),
        pytest.param(signed(MIA, alg="Ed25519", key=PRIVATE), "alg", id="a public key's alg under a secret's kid"),
        pytest.param(signed(MIA | {"scope": "admin"}), "scope", id="another scope"),
        pytest.param(signed({"external_id": "42"}), "scope", id="no scope"),
        pytest.param(signed({"scope": "user"}), "external_id", id="no external_id"),
        pytest.param(signed({"scope": "user", "external_id": 42}), "external_id", id="external_id a number"),
        pytest.param(signed(MIA | {"external_id": ""}), "external_id", id="external_id empty"),
        pytest.param(signed(MIA | {"external_id": "4" * 256}), "external_id", id="external_id too long"),
        pytest.param(signed(MIA | {"external_id": "4\0"}), "external_id", id="U+0000"),
        pytest.param(signed(MIA | {"external_id": "\ud800"}), "external_id", id="half a character"),
        pytest.param(signed(MIA | {"exp": "tomorrow"}), "exp", id="exp no number"),
        pytest.param(signed(MIA | {"exp": float("nan")}), "exp", id="exp not a number"),
        pytest.param(signed(MIA | {"exp": float("inf")}), "exp", id="exp infinite"),
        pytest.param(signed({"scope": "anonymous", "sub": "cus_1"}), "kid", id="anonymous, but not ours"),
        pytest.param(signed(MIA, crit=["b64"], b64=False), "signature", id="critical header we do not know"),
        pytest.param(f"{DEEP}.{BODY}.{SIGNATURE}", "JWT", id="deep header"),
        pytest.param("not a token", "JWT", id="no token"),
        pytest.param("ü", "JWT", id="not ASCII"),
        pytest.param("a" * 9000, "JWT", id="too long"),
        pytest.param(".", "JWT", id="a dot"),
    ],
)
def test_a_bad_token_is_refused_and_told_why(reader, token, why):
    with pytest.raises(Unauthenticated, match=why):
        reader.claims(token, NOW)


def test_the_public_key_is_no_secret_to_sign_with(reader):
    """The classic: HS256 with the text of the public key."""
    header = {"alg": "HS256", "kid": "public"}
    from hashlib import sha256  # noqa: PLC0415
    from hmac import digest  # noqa: PLC0415

    signing_input = unsigned(header, MIA).rstrip(".")
    signature = urlsafe_b64encode(digest(PUBLIC_PEM.encode(), signing_input.encode(), sha256)).decode().rstrip("=")

    with pytest.raises(Unauthenticated, match="alg"):
        reader.claims(f"{signing_input}.{signature}", NOW)


def test_an_anonymous_customers_token_is_the_engines_own(reader):
    token = reader.anonymous("cus_1", NOW + timedelta(days=365))

    claims = reader.claims(token, NOW)
    assert isinstance(claims, AnonymousClaims)
    assert "cus_1" == claims.sub
    assert token == reader.anonymous("cus_1", NOW + timedelta(days=365))
    with pytest.raises(Unauthenticated, match="expired"):
        reader.claims(token, NOW + timedelta(days=366))
    with pytest.raises(Unauthenticated, match="signature"):
        TokenReader((), b"another" * 5).claims(token, NOW)


def test_nobody_can_claim_the_engines_own_kid():
    reader = TokenReader((SigningKey(kid="handoff:anonymous", secret=SECRET),), b"engine" * 6)

    with pytest.raises(Unauthenticated):
        reader.claims(signed(MIA, kid="handoff:anonymous"), NOW)


@pytest.mark.parametrize("written", ["no key", "{}", '{"kty": "oct", "k": "AAAA"}', "{" * 3000, SECRET])
def test_a_public_key_that_is_none_is_found_at_the_start(written):
    with pytest.raises(ConfigError, match="'bad' is not an Ed25519 key"):
        TokenReader((SigningKey(kid="bad", public_key=written),), b"engine" * 6)


def test_a_short_secret_is_taken_and_remarked_upon(caplog):
    reader = TokenReader((SigningKey(kid="short", secret="tiny"),), b"engine" * 6)

    assert "shorter than 32 bytes" in caplog.text
    registry, header = JWSRegistry(algorithms=["HS256"]), {"alg": "HS256", "kid": "short"}
    with pytest.warns(match="Key size"):
        token = jws.serialize_compact(header, json.dumps(MIA).encode(), OctKey.import_key("tiny"), registry=registry)
    assert "42" == reader.claims(token, NOW).external_id
