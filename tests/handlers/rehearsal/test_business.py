"""The sample business hangs together: with itself, and with the sample playbook."""

from datetime import date
from pathlib import Path

import prompts
from handlers.rehearsal.business import sample_business
from prompts.playbooks import read_playbook

TODAY = date(2026, 11, 23)
SAMPLE = Path(prompts.__file__).parent / "sample"


def test_a_dozen_clients_have_contacts_and_history() -> None:
    business = sample_business(TODAY)

    assert len(business.clients) == 12
    assert all(client.contacts and client.history for client in business.clients)
    assert all(past.day < TODAY for client in business.clients for past in client.history)


def test_every_address_is_made_up_and_belongs_to_one_person() -> None:
    business = sample_business(TODAY)

    people = [
        business.owner,
        *business.delegates,
        *(contact for client in business.clients for contact in client.contacts),
    ]
    addresses = [business.address, *(person.email for person in people)]

    assert all(address.endswith(".example") for address in addresses)
    assert len(set(addresses)) == len(addresses)


def test_delegates_and_tiers_are_known_to_the_playbook() -> None:
    business, playbook = sample_business(TODAY), read_playbook(SAMPLE)

    assert {topic for person in business.delegates for topic in person.covers} <= set(playbook.topics)
    assert any("pricing" in person.covers for person in business.delegates)
    assert {client.tier for client in business.clients} <= set(playbook.authority.tiers)


def test_a_second_contact_is_credited_with_what_she_signed() -> None:
    business = sample_business(TODAY)

    aune = next(client for client in business.clients if "Torsten" in client.name)

    assert aune.history[0].contact.name == "Liv Aune"
