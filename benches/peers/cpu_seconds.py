"""The CPU time of work that is done several times."""

import time


def least(work, passes):
    """The minimum over the passes."""
    taken = []
    for _ in range(passes):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)
