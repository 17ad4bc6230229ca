"""One address cannot take all connections, and no head of a request takes for ever."""

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.http import Request

from forgesyte.server.connections import ConnectionLimit, LimitedFactory
from forgesyte.server.web_request import HEAD_WITHIN_S, Channel

STRANGER, OTHER, HERE = "192.0.2.7", "192.0.2.8", "127.0.0.1"


class TestLimit:
    def test_one_address_holds_so_many(self) -> None:
        limit = ConnectionLimit(2)
        for _ in range(2):
            assert limit.admits(STRANGER)
            limit.opened(STRANGER)

        assert not limit.admits(STRANGER)
        assert limit.admits(OTHER)

    def test_what_is_closed_counts_no_more(self) -> None:
        limit = ConnectionLimit(1)
        limit.opened(STRANGER)
        limit.closed(STRANGER)

        assert limit.admits(STRANGER)

    def test_an_ipv6_network_is_one(self) -> None:
        limit = ConnectionLimit(1)
        limit.opened("2001:db8::1")

        assert not limit.admits("2001:db8::2")
        assert limit.admits("2001:db8:0:1::2")

    def test_this_machine_speaks_for_many(self) -> None:
        limit = ConnectionLimit(1)
        for _ in range(3):
            limit.opened(HERE)

        assert limit.admits(HERE)

    def test_nought_is_no_limit(self) -> None:
        limit = ConnectionLimit(0)
        limit.opened(STRANGER)

        assert limit.admits(STRANGER)

    def test_a_refused_connection_gets_nobody_to_serve_it(self) -> None:
        limit = ConnectionLimit(1)
        factory = LimitedFactory(Factory.forProtocol(Protocol), limit)
        address = IPv4Address("TCP", STRANGER, 5)

        assert factory.buildProtocol(address) is not None
        limit.opened(STRANGER)
        assert factory.buildProtocol(address) is None


class TestHead:
    def channel(self, clock: Clock) -> tuple[Channel, StringTransport]:
        """A connection that is just open, on a clock of its own."""
        channel, transport = Channel(), StringTransport()
        channel.callLater = clock.callLater
        channel.timeOut = 60
        channel.makeConnection(transport)
        return channel, transport

    def test_that_trickles_in_is_cut_off(self) -> None:
        clock = Clock()
        channel, transport = self.channel(clock)
        for _ in range(HEAD_WITHIN_S):
            assert not transport.disconnecting
            channel.dataReceived(b"G")
            clock.advance(1)

        assert transport.disconnecting

    def test_that_nobody_begins_is_waited_for(self) -> None:
        clock = Clock()
        _, transport = self.channel(clock)
        clock.advance(HEAD_WITHIN_S + 1)
        assert not transport.disconnecting

        clock.advance(60 - HEAD_WITHIN_S)
        assert transport.disconnecting

    def test_a_body_may_take_longer(self) -> None:
        clock = Clock()
        channel, transport = self.channel(clock)
        channel.requestFactory = Request
        channel.dataReceived(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(5):
            channel.dataReceived(b"x")
            clock.advance(50)

        assert not transport.disconnecting
