"""The loop of a job on a node's chain: gap after gap, at the tip without end; a lost connection is made again."""

from __future__ import annotations

import time

from nectar.coverage import missing
from nectar.errors import TooBigError, TransientError
from nectar.runner.decoding.batch import smaller_share
from nectar.runner.follow.gap import GapFollower, Restart
from nectar.runner.follow.session import FollowSession
from nectar.runner.retry import Backoff, node_backoff
from nectar.runner.signals import Halted


def follow(session: FollowSession) -> None:
    """Fills gaps until the plan's end, or until `stop`. Errors: NectarError; what was committed before one stays."""
    began, backoff = time.monotonic(), node_backoff()
    while not session.stop:
        try:
            if _is_done(session, backoff):
                return
        except Restart:
            continue
        except Halted:
            return
        except TooBigError as error:
            session.share = smaller_share(session.share, session.batch_limits(), error, session.report)
        except TransientError as error:
            session.source.close()
            session.settled = session.settled and bool(session.stop)
            if session.stop:
                return
            backoff.wait(error, session.report, session.stop)
        finally:
            session.told_tip = False
            session.source.close()
            session.ledger.close()
            session.summary.seconds = time.monotonic() - began


def _is_done(session: FollowSession, backoff: Backoff) -> bool:
    """Follows the chain through the first gap that is left."""
    gaps = missing(session.asked, session.filled)
    return not gaps or GapFollower(session, gaps[0], backoff).run()
