"""Where random numbers come from: generators handed down, and turns for who takes none.

torch's global generator belongs to the whole process: what one thread seeds, another
draws from. Code of ours takes a ``torch.Generator`` and draws from nothing else. Code
of others that knows only the global one draws under :func:`global_numbers_of`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# One for the whole process, as the global generator is; a thread may take it again.
_TURN = threading.RLock()


def make_generator(*key: int) -> torch.Generator:
    """Make a generator from a key: as many independent ones as there are keys.

    So nothing that draws again and again needs to keep the state of a generator: it is
    made from a seed and a count.

    Parameters
    ----------
    *key : int
        Whole numbers of at least 0, as many in every call: zeros at the end do not
        count.

    Returns
    -------
    torch.Generator
        On the CPU: it gives the same numbers for every device.

    Examples
    --------
    >>> first = torch.rand(3, generator=make_generator(7, 0))
    >>> torch.equal(first, torch.rand(3, generator=make_generator(7, 0)))
    True
    >>> torch.equal(first, torch.rand(3, generator=make_generator(7, 1)))
    False
    """
    seed = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(seed))


@contextmanager
def global_numbers_of(generator: torch.Generator) -> Iterator[None]:
    """Let torch's global generators give numbers that `generator` decides, in turn.

    Within, they are seeded from `generator`; afterwards they are as they were. Other
    threads that come here wait meanwhile: there is one lock for the whole process. Do
    not wait inside for a thread that needs it, too. A thread that draws from the global
    generator without coming here is not kept from doing so.

    Parameters
    ----------
    generator : torch.Generator
        On the CPU; one number is drawn from it.

    Examples
    --------
    >>> with global_numbers_of(make_generator(7, 0)):
    ...     first = torch.rand(3)
    >>> with global_numbers_of(make_generator(7, 0)):
    ...     print(torch.equal(first, torch.rand(3)))
    True
    """
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    # A CUDA that nobody has used has no state yet, and need not be started for one.
    gpus = range(torch.cuda.device_count() if torch.cuda.is_initialized() else 0)
    with _TURN, torch.random.fork_rng(gpus):
        torch.default_generator.manual_seed(seed)
        if gpus:
            torch.cuda.manual_seed_all(seed)
        yield
