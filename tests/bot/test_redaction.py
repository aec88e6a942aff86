"""Messages that nobody needs any more are taken off the phones, or emptied where they are old."""

from tests.honest import END

DAY = 86400


def shown(*guests):
    return [text for guest in guests for text in guest.texts()]


async def close(house):
    await house.joined()
    house.anna.forge(f"close:{house.session_id}")
    await house.quiet()


async def test_messages_go_a_day_after(house):
    """A day after a session nothing of it stands on participants' phones, nor any screen."""
    await close(house)
    assert shown(*house.guests)
    await house.move_to(END + 3600)
    await house.move_to(END + DAY + 3700)
    await house.wake()
    assert shown(*house.guests) == []
    assert await house.count("screen") == 0


async def test_what_staff_are_told_stays_longer(house):
    """What staff were told stands on their phones for two weeks, so that a day off loses none."""
    await close(house)
    await house.move_to(END + DAY + 3700)
    await house.wake()
    emptied = house.anna.say("reply/emptied")
    told = shown(house.anna)
    assert told
    assert emptied not in told
    await house.move_to(house.now + 14 * DAY + 60)
    await house.wake()
    assert set(shown(house.anna)) == {emptied}
    assert await house.count("sent") == 0


async def test_old_message_is_emptied(house):
    """What Telegram does not delete any more, after three days, says that it is not needed."""
    house.h7.phone.type("/help")
    await house.quiet()
    (before,) = (text for text in house.h7.texts() if "112" in text)
    await house.move_to(house.now + 3 * DAY)
    await house.wake()
    assert before not in house.h7.texts()
    assert house.h7.say("reply/emptied") in house.h7.texts()


async def test_running_session_keeps_its_screens(house):
    """Whatever the time, nothing is taken from a session that has not ended."""
    await house.started()
    screens = await house.count("screen")
    assert screens > 0
    await house.move_to(house.now + 1800)
    assert await house.count("screen") == screens
