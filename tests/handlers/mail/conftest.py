"""One Dovecot for all tests of the mail hand."""

from tests.servers.dovecot import the_dovecot

__all__ = ["the_dovecot"]
