"""The manifest is what Slack's form takes, and asks for nothing we do not use."""

import pytest

from handlers.slack.manifest import manifest


def test_socket_mode_needs_no_address():
    said = manifest("socket")

    assert said["settings"]["socket_mode_enabled"] is True
    assert (
        "url" not in said["features"]["slash_commands"][0]
        and "request_url" not in said["settings"]["interactivity"]
    )


def test_http_mode_names_its_address_everywhere():
    said = manifest("http", request_url="https://studio.example/slack/events", command="/us")

    assert said["settings"]["socket_mode_enabled"] is False
    assert said["features"]["slash_commands"][0]["command"] == "/us"
    addresses = {
        said["features"]["slash_commands"][0]["url"],
        said["settings"]["event_subscriptions"]["request_url"],
        said["settings"]["interactivity"]["request_url"],
    }
    assert addresses == {"https://studio.example/slack/events"}


def test_it_keeps_to_slacks_lengths():
    said = manifest("socket")

    assert (
        len(said["display_information"]["name"]) <= 35
        and len(said["display_information"]["description"]) <= 140
    )
    assert len(said["features"]["bot_user"]["display_name"]) <= 80


@pytest.mark.parametrize(
    ("mode", "url", "command"), [("http", "", "/u"), ("http", "http://x", "/u"), ("socket", "", "u")]
)
def test_what_slack_would_refuse_is_refused_here(mode, url, command):
    with pytest.raises(ValueError):
        manifest(mode, request_url=url, command=command)
