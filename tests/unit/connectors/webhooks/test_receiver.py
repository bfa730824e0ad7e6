"""Which events are believed, and what a lie costs."""

import hmac
import json
from collections.abc import Callable

import pytest

from pipeline.connectors.webhooks.form import Algorithm, Signature
from pipeline.connectors.webhooks.receiver import MOST_EVENTS, PERIOD_S, Door, Outcome, Receiver
from pipeline.connectors.webhooks.signing import is_signed
from pipeline.connectors.webhooks.subscriptions import Subscription
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Hint
from tests.unit.connectors.webhooks.bench import (
    KEY,
    SIGNED,
    SIGNED_TOKEN,
    UNSIGNED,
    UNSIGNED_TOKEN,
    Bench,
    signature_of,
)

DAY_S = 24 * 60 * 60.0


class NobodyChecksSignatures(Receiver):
    def _is_genuine(self, *_: object) -> bool:
        return True


class NobodyRemembers(Receiver):
    def _is_new(self, *_: object) -> bool:
        return True


# -- genuine ----------------------------------------------------------------------------------
def test_a_signed_event_wakes_the_dossier_of_its_webhook() -> None:
    bench = Bench()

    assert bench.send_signed(bench.received()) is Outcome.WOKEN
    assert bench.heard == [(SIGNED, Hint("baker"))]


def test_an_event_signed_in_the_form_with_sorted_keys_is_genuine() -> None:
    """The vendor's own example, with the signature that it publishes for it."""
    bench = Bench()
    example = {
        "document": {
            "id": "doc-1",
            "name": "test.xml",
            "type": "application/xml",
            "size": 100,
            "url": "https://example.com/test.xml",
        }
    }
    published = "sha256=6722b498bf28ce7ca5a6f21c0fca9166e24dea480978b276725ff46e503dd70f"
    bench.receiver.know({SIGNED: [Subscription("baker", Secret("t"), Secret("secret"), "wh_1")]})

    outcome = bench.send(SIGNED, "t", json.dumps(example).encode(), X_Signature=published)

    assert outcome is Outcome.IGNORED


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_how_a_hub_signs_is_data(algorithm: Algorithm) -> None:
    form = Signature("X-Seal", algorithm, prefix=f"{algorithm}:")
    seal = f"{algorithm}:{hmac.new(KEY.encode(), b'event', algorithm).hexdigest()}"

    assert is_signed(form, Secret(KEY), {"x-seal": seal}, b"event")
    assert not is_signed(form, Secret(KEY), {"x-seal": seal}, b"another")
    assert not is_signed(form, Secret(KEY), {"x-signature": seal}, b"event")


def test_an_unsigned_event_wakes_the_dossier_that_it_names_or_all() -> None:
    bench = Bench()

    assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"c_1"}') is Outcome.WOKEN
    assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":null}') is Outcome.WOKEN
    assert [hint for _, hint in bench.heard] == [Hint("c_1"), Hint(None)]


def test_an_event_about_something_else_is_accepted_and_wakes_nobody() -> None:
    bench = Bench()

    assert bench.send_signed({"id": "e", "type": "document.sent"}) is Outcome.IGNORED
    assert bench.heard == []


# -- forged -----------------------------------------------------------------------------------
def forged_events_are_refused(bench: Bench) -> None:
    event = json.dumps(bench.received()).encode()
    signatures = [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature_of(event, "another secret"),
        signature_of(event + b" "),
        signature_of(event).removeprefix("sha256="),
        signature_of(event).upper(),
        "sha1=" + signature_of(event),
        "sha256=é\udcff",
    ]

    outcomes = [bench.send(SIGNED, SIGNED_TOKEN, event, X_Signature=each) for each in signatures]

    assert outcomes == [Outcome.FORGED] * len(signatures)
    assert bench.send(SIGNED, SIGNED_TOKEN, event) is Outcome.FORGED
    assert bench.heard == []


def test_a_forged_event_wakes_nobody() -> None:
    forged_events_are_refused(Bench())


def test_a_receiver_that_does_not_check_signatures_is_found_out() -> None:
    with pytest.raises(AssertionError):
        forged_events_are_refused(Bench(NobodyChecksSignatures))


@pytest.mark.parametrize("secret", [None, Secret("")], ids=["none", "empty"])
def test_without_a_secret_no_signature_is_good(secret: Secret | None) -> None:
    bench = Bench()
    bench.receiver.know({SIGNED: [Subscription("baker", Secret(SIGNED_TOKEN), secret)]})

    assert bench.send_signed(bench.received(), key="") is Outcome.FORGED


def test_a_forged_event_does_not_make_the_genuine_one_a_replay() -> None:
    bench = Bench()
    event = bench.received()
    assert bench.send_signed(event, key="another") is Outcome.FORGED

    assert bench.send_signed(event) is Outcome.WOKEN


@pytest.mark.parametrize(
    ("hub", "token"),
    [
        (UNSIGNED, ""),
        (UNSIGNED, "guessed"),
        (UNSIGNED, UNSIGNED_TOKEN[:-1]),
        (UNSIGNED, UNSIGNED_TOKEN + "x"),
        (UNSIGNED, SIGNED_TOKEN),
        (SIGNED, UNSIGNED_TOKEN),
        ("nobody", UNSIGNED_TOKEN),
        (UNSIGNED, "\udcff"),
    ],
)
def test_only_the_whole_address_is_answered(hub: str, token: str) -> None:
    bench = Bench()

    assert bench.send(hub, token, b'{"companyId":"c_1"}') is Outcome.UNKNOWN
    assert bench.heard == []


def test_an_address_that_was_renewed_is_answered_no_more() -> None:
    bench = Bench()

    bench.receiver.know({UNSIGNED: [Subscription(None, Secret("new"))], "gone": [Subscription()]})

    assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"c_1"}') is Outcome.UNKNOWN
    assert bench.send(UNSIGNED, "new", b'{"companyId":"c_1"}') is Outcome.WOKEN


def test_whoever_has_the_address_of_one_dossier_wakes_no_other() -> None:
    bench = Bench()
    bench.receiver.know({UNSIGNED: [Subscription("baker", Secret("t"))]})

    bench.send(UNSIGNED, "t", b'{"companyId":"grocer"}')

    assert bench.heard == [(UNSIGNED, Hint("baker"))]


# -- replayed ---------------------------------------------------------------------------------
async def replays_are_refused(bench: Bench) -> None:
    event = bench.received()
    assert bench.send_signed(event) is Outcome.WOKEN
    assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"c_1"}') is Outcome.WOKEN
    for _ in range(23):
        await bench.clock.advance(3600)

        assert bench.send_signed(event) is Outcome.REPLAYED
        assert bench.send_signed({**event, "more": "words"}) is Outcome.REPLAYED
        assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"c_1"}') is Outcome.REPLAYED

    await bench.clock.advance(2 * 3600)
    assert bench.send_signed(event) is Outcome.REPLAYED
    assert len(bench.heard) == 2


async def test_an_event_is_heard_once() -> None:
    await replays_are_refused(Bench())


async def test_a_receiver_that_accepts_replays_is_found_out() -> None:
    with pytest.raises(AssertionError):
        await replays_are_refused(Bench(NobodyRemembers))


@pytest.mark.parametrize(
    ("age_s", "outcome"),
    [
        (0.0, Outcome.WOKEN),
        (DAY_S - 1, Outcome.WOKEN),
        (DAY_S + 1, Outcome.REPLAYED),
        (1 - DAY_S, Outcome.WOKEN),
        (-DAY_S - 1, Outcome.REPLAYED),
    ],
)
def test_an_event_of_another_day_is_a_replay(age_s: float, outcome: Outcome) -> None:
    bench = Bench()

    assert bench.send_signed(bench.received(age_s=age_s)) is outcome


@pytest.mark.parametrize(
    "write",
    [
        lambda now: now.isoformat(),
        lambda now: now.replace(tzinfo=None).isoformat(),
        lambda now: int(now.timestamp()),
        lambda now: str(int(now.timestamp() * 1000)),
        lambda _: None,
        lambda _: "yesterday",
        lambda _: ["2026"],
        lambda _: True,
        lambda _: 10**30,
    ],
    ids=["aware", "naive", "seconds", "milliseconds", "none", "words", "list", "bool", "huge"],
)
def test_a_moment_is_read_in_any_form_and_one_that_cannot_be_read_says_nothing(
    write: Callable[..., object],
) -> None:
    bench = Bench()
    event = {**bench.received(), "timestamp": write(bench.clock.now())}

    assert bench.send_signed(event) is Outcome.WOKEN


def test_two_dossiers_may_hear_of_the_same_event() -> None:
    bench = Bench()
    both = [Subscription("a", Secret("ta")), Subscription("b", Secret("tb"))]
    bench.receiver.know({UNSIGNED: both})

    outcomes = [bench.send(UNSIGNED, each, b'{"companyId":"x"}') for each in ("ta", "tb")]

    assert outcomes == [Outcome.WOKEN, Outcome.WOKEN]


# -- too many, and of any shape ---------------------------------------------------------------
async def test_a_hub_that_sends_too_much_is_refused_until_the_period_is_over() -> None:
    bench = Bench()

    outcomes = [
        bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"c","n":%d}' % number)
        for number in range(MOST_EVENTS + 5)
    ]

    assert outcomes[:MOST_EVENTS] == [Outcome.WOKEN] * MOST_EVENTS
    assert outcomes[MOST_EVENTS:] == [Outcome.LIMITED] * 5
    assert bench.send_signed(bench.received()) is Outcome.WOKEN
    await bench.clock.advance(PERIOD_S)
    assert bench.send(UNSIGNED, UNSIGNED_TOKEN, b'{"companyId":"d"}') is Outcome.WOKEN


def test_guesses_do_not_use_up_what_a_hub_may_send() -> None:
    bench = Bench()
    for number in range(2 * MOST_EVENTS):
        bench.send(UNSIGNED, f"guess {number}", b"{}")

    assert isinstance(bench.receiver.door(UNSIGNED, UNSIGNED_TOKEN), Door)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"document.received"',
        b'{"type":["document.received"]}',
        b'{"type":{"a":1}}',
        b"\xff\xfe",
        b'{"type":"\\ud800"}',
        b"[" * 60_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"id":' + b"9" * 5_000 + b"}",
        b'{"id":1e999}',
    ],
    ids=range(14),
)
def test_an_event_of_any_shape_is_ignored(body: bytes) -> None:
    bench = Bench()

    outcome = bench.send(SIGNED, SIGNED_TOKEN, body, X_Signature=signature_of(body))

    assert outcome is Outcome.IGNORED
    assert bench.heard == []


# -- told -------------------------------------------------------------------------------------
def test_what_became_of_events_is_counted_and_names_no_hub_that_does_not_exist() -> None:
    bench = Bench()

    for hub, outcome in (
        (SIGNED, Outcome.WOKEN),
        (SIGNED, Outcome.FORGED),
        ("x" * 99, Outcome.UNKNOWN),
    ):
        bench.receiver.note(hub, outcome)

    assert bench.meters.counted == {(SIGNED, "woken"): 1, (SIGNED, "forged"): 1, ("", "unknown"): 1}


def test_what_is_shown_of_a_webhook_holds_no_secret() -> None:
    bench = Bench()
    door = bench.receiver.door(SIGNED, SIGNED_TOKEN)

    shown = repr(door)

    assert "baker" in shown
    assert KEY not in shown
    assert SIGNED_TOKEN not in shown
