"""What becomes of messages, over real SMTP connections to servers with real faults."""

import asyncio
import time

import pytest

from taskforge.core.failures import InvalidInput, NotConfigured, TargetError

ANN, BEN, CLEO = "ann@example.com", "ben@example.com", "cleo@example.com"


def statuses(result):
    return {one["recipient"]: one["status"] for one in result["deliveries"]}


async def test_each_recipient_gets_a_message_and_a_record(serve, send, ctx):
    peer = await serve()

    result = await send(subject="Hi {{ name }}", recipients=[{"email": ANN, "name": "Ann"}, BEN])

    assert sorted(peer.got) == [ANN, BEN]
    assert statuses(result) == {ANN: "accepted", BEN: "accepted"}
    assert result["summary"] == {
        "accepted": 2, "rejected": 0, "deferred": 0, "skipped": 0, "total": 2,
    }  # fmt: skip
    assert result["transport"] == "smtp"
    assert result["deliveries"][0]["enhanced_code"] == "2.0.0"
    assert result["preview"]["subject"] == "Hi Ann"
    assert ctx.told[-1].current == 2
    assert result["warnings"] == []


async def test_duplicates_get_one_message(serve, send):
    peer = await serve()

    result = await send(subject="x", to=[ANN, "ANN@example.com"], recipients=[ANN, BEN])

    assert sorted(peer.got) == [ANN, BEN]
    assert "2 merged" in result["warnings"][0]


async def test_a_rejected_recipient_is_told_and_the_job_succeeds(serve, send, ctx):
    peer = await serve()
    peer.answers[BEN] = "550 5.7.1 Not here"

    result = await send(subject="x", to=[ANN, BEN, CLEO])

    assert statuses(result) == {ANN: "accepted", BEN: "rejected", CLEO: "accepted"}
    ben = result["deliveries"][1]
    assert (ben["code"], ben["enhanced_code"], ben["message"]) == (550, "5.7.1", "5.7.1 Not here")
    warned = [(message, fields["recipient"]) for level, message, fields in ctx.logged
              if level == "warning"]  # fmt: skip
    assert warned == [("rejected by the mail server", BEN)]


@pytest.mark.parametrize("answer", ["550 5.7.1 No", "data:554 5.6.0 No"])
async def test_a_job_that_reaches_nobody_fails_for_good(serve, send, ctx, answer):
    peer = await serve()
    peer.answers = {ANN: answer, BEN: answer}

    with pytest.raises(InvalidInput, match="2 rejected: no server took"):
        await send(subject="x", to=[ANN, BEN])

    assert "deliveries.json" in ctx.artifacts


@pytest.mark.parametrize("answer", ["451 4.7.1 Later", "data:452 4.3.1 Full"])
async def test_only_the_deferred_are_tried_again(another, serve, send, ctx, answer):
    peer = await serve()
    peer.answers = {BEN: answer, CLEO: "550 5.7.1 No"}
    everyone = {"subject": "x", "to": [ANN, BEN, CLEO]}
    with pytest.raises(TargetError, match="1 accepted, 1 rejected, 1 deferred"):
        await send(**everyone)
    peer.answers = {}

    result = await send(another(), **everyone)

    assert peer.got == [ANN, BEN]
    assert statuses(result) == {ANN: "accepted", BEN: "accepted", CLEO: "rejected"}
    assert [one["attempts"] for one in result["deliveries"]] == [1, 2, 1]


@pytest.mark.parametrize("when", ["rcpt", "end"])
async def test_a_lost_connection_is_a_fault_of_the_server_and_the_rest_is_sent_later(
    another, serve, send, ctx, when
):
    peer = await serve()
    peer.drop = {BEN: when}
    with pytest.raises(TargetError, match="connection to the mail server was lost"):
        await send(subject="x", to=[ANN, BEN, CLEO])
    peer.drop = {}

    result = await send(another(), subject="x", to=[ANN, BEN, CLEO])

    assert peer.got == [ANN, BEN, CLEO]
    assert result["summary"]["accepted"] == 3


async def test_a_server_that_ends_its_connections_early_gets_new_ones(serve, send):
    peer = await serve()
    peer.most_each = 2

    result = await send(subject="x", to=[f"u{n}@example.com" for n in range(5)])

    assert result["summary"]["accepted"] == len(peer.got) == 5
    assert peer.sessions == result["stats"]["connections"] == 3


async def test_a_job_that_dies_between_two_messages_sends_only_the_rest(
    until, another, serve, send, ctx
):
    peer = await serve()
    peer.held = {BEN: asyncio.Event()}
    task = asyncio.create_task(send(subject="x", to=[ANN, BEN, CLEO]))
    await until(lambda: peer.got == [ANN] and ctx.kept)
    kept = dict(ctx.kept)  # what the database has when the worker is killed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    peer.held = {}

    result = await send(another(kept=kept), subject="x", to=[ANN, BEN, CLEO])

    assert peer.got.count(ANN) == peer.got.count(CLEO) == 1
    assert result["summary"]["accepted"] == 3
    ids = {one["recipient"]: one["message_id"] for one in result["deliveries"]}
    assert len(set(ids.values())) == 3
    assert all(str(ctx.job_id) in one for one in ids.values())


async def test_an_outcome_is_kept_before_the_next_message_is_sent(serve, send, ctx):
    peer = await serve()
    seen = []
    keep = ctx.checkpoint

    async def checkpoint(data, *, key=""):
        seen.append(len(peer.got))
        await keep(data, key=key)

    ctx.checkpoint = checkpoint

    await send(subject="x", to=[ANN, BEN, CLEO])

    assert seen == [1, 2, 3]


async def test_cancelling_ends_within_a_second_and_keeps_what_came_in_time(until, serve, send, ctx):
    peer = await serve()
    peer.held = {BEN: asyncio.Event()}
    task = asyncio.create_task(send(subject="x", to=[ANN, BEN, CLEO]))
    await until(lambda: peer.got == [ANN])
    began = time.monotonic()

    task.cancel()
    asyncio.get_running_loop().call_later(0.1, peer.held[BEN].set)
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < 1
    assert peer.got == [ANN, BEN]
    assert len(ctx.kept) == 2


async def test_cancelling_does_not_wait_for_a_server_that_says_nothing(serve, send):
    peer = await serve()
    peer.held = {ANN: asyncio.Event()}
    task = asyncio.create_task(send(subject="x", to=ANN))
    await peer.arrived.wait()
    began = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < 1


async def test_a_pace_is_kept_and_cancelled_at_once(until, another, serve, send):
    peer = await serve()
    began = time.monotonic()
    await send(subject="x", to=[ANN, BEN, CLEO], per_minute=600)
    assert time.monotonic() - began > 0.19
    assert peer.sessions == 1
    later = another(fresh=True)
    task = asyncio.create_task(send(later, subject="x", to=[ANN, BEN], per_minute=2))
    await until(lambda: len(peer.got) == 4)
    began = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < 0.5


async def test_a_pace_that_cannot_be_kept_in_time_is_refused(serve, send):
    peer = await serve()

    with pytest.raises(InvalidInput, match="3 messages at 1 a minute take longer"):
        await send(subject="x", to=[ANN, BEN, CLEO], per_minute=1)

    assert peer.got == []


async def test_many_messages_go_over_a_few_connections(serve, send):
    peer = await serve()

    result = await send(subject="x", recipients=[f"u{n}@example.com" for n in range(130)])

    assert result["summary"]["accepted"] == len(set(peer.got)) == 130
    assert result["stats"]["connections"] == peer.sessions == 4


async def test_a_server_that_takes_one_connection_at_a_time_gets_one(serve, send):
    peer = await serve()
    peer.most_sessions = 1

    result = await send(subject="x", recipients=[f"u{n}@example.com" for n in range(60)])

    assert result["summary"]["accepted"] == len(peer.got) == 60
    assert result["stats"]["connections"] == 1


async def test_a_server_that_takes_no_connection_gets_another_try(serve, send):
    peer = await serve()
    peer.most_sessions = 0

    with pytest.raises(TargetError, match="turned us away: 421"):
        await send(subject="x", to=ANN)


async def test_an_address_that_bounced_is_left_alone_for_a_while(another, serve, send, ctx):
    peer = await serve()
    peer.answers = {BEN: "550 5.1.1 No such user"}
    await send(subject="x", to=[ANN, BEN])
    peer.answers = {}

    skipped = await send(another(fresh=True), subject="x", to=[ANN, BEN])
    asked = await send(another(fresh=True), subject="x", to=[BEN], ignore_suppressed=True)

    assert statuses(skipped) == {ANN: "accepted", BEN: "skipped"}
    assert statuses(asked) == {BEN: "accepted"}


async def test_copies_come_along_and_their_refusal_is_told(serve, send):
    peer = await serve()
    peer.answers = {"no@example.com": "550 5.7.1 No"}

    result = await send(
        subject="x", recipients=[{"email": ANN, "cc": [BEN, "no@example.com"], "bcc": [CLEO]}]
    )

    assert peer.got == [ANN, BEN, CLEO]
    assert b"Cc: ben@example.com, no@example.com" in peer.sources[0]
    assert b"cleo" not in peer.sources[0]
    assert result["deliveries"][0]["refused_copies"] == ("no@example.com (550)",)


async def test_nothing_is_sent_to_copies_of_a_refused_recipient(serve, send):
    peer = await serve()
    peer.answers = {ANN: "550 5.7.1 No"}

    with pytest.raises(InvalidInput):
        await send(subject="x", recipients=[{"email": ANN, "bcc": [CLEO]}])

    assert peer.got == []


async def test_nobody_home_is_a_fault_of_the_server(ctx, send, unused_tcp_port):
    ctx.settings = {"MAIL_FROM": ANN, "SMTP_URL": f"smtp://127.0.0.1:{unused_tcp_port}"}

    with pytest.raises(TargetError, match="cannot be reached") as caught:
        await send(subject="x", to=ANN)

    assert str(unused_tcp_port) not in str(caught.value)


async def test_no_server_and_no_sink_is_not_configured(ctx, send):
    ctx.settings = {"MAIL_FROM": ANN}

    with pytest.raises(NotConfigured, match="SMTP_URL"):
        await send(subject="x", to=ANN)
