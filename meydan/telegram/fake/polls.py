"""How polls stand: votes of people, counted."""

from msgspec.structs import replace

from meydan.platform.errors import InvalidInput
from meydan.telegram.fake.office import Office
from meydan.telegram.fake.shapes import Message, Poll, User
from meydan.telegram.fake.world import Room


def vote(office: Office, room: Room, message: Message, *, person: User, options: list[int]) -> Poll:
    """Vote as a person, for nothing to take the vote back, and tell the bot whose poll it is."""
    poll = message.poll
    votes = room.votes.setdefault(message.message_id, {})
    if poll is None or poll.is_closed:
        raise InvalidInput(field="message", reason="fake_poll_closed")
    fits = len(set(options)) == len(options) and all(0 <= option < len(poll.options) for option in options)
    if not fits or (len(options) > 1 and not poll.allows_multiple_answers):
        raise InvalidInput(field="options", reason="fake_poll_options")
    if person.id in votes and not poll.allows_revoting:
        raise InvalidInput(field="options", reason="fake_poll_once")
    votes[person.id] = options
    if not options:
        del votes[person.id]
    poll = message.poll = counted(poll, votes)
    author = room.author(message)
    if author in office.world.bots:
        box = office.mailbox(author)
        box.put("poll", poll)
        if not poll.is_anonymous:
            chosen = [poll.options[option].persistent_id for option in options]
            box.put(
                "poll_answer",
                {"poll_id": poll.id, "user": person, "option_ids": options, "option_persistent_ids": chosen},
            )
    office.see(room)
    return poll


def counted(poll: Poll, votes: dict[int, list[int]]) -> Poll:
    """Return the poll with its votes counted."""
    options = [
        replace(option, voter_count=sum(number in chosen for chosen in votes.values()))
        for number, option in enumerate(poll.options)
    ]
    return replace(poll, options=options, total_voter_count=len(votes))
