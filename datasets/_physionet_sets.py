"""Where the data of the PhysioNet challenges are published, and under which terms."""

from __future__ import annotations

from ckts.datasets.fetch._bunch import Dataset, RemoteFile

_PHYSIONET = "https://physionet.org"
_2012 = (
    f"{_PHYSIONET}/files/challenge-2012/1.0.0",
    "https://physionet-open.s3.amazonaws.com/challenge-2012/1.0.0",
    "https://archive.physionet.org/challenge/2012",
)
_2019 = "https://archive.physionet.org/users/shared/challenge-2019"


def _file_2012(name: str, digest: str, size: int) -> RemoteFile:
    urls = tuple(f"{mirror}/{name}" for mirror in _2012)
    return RemoteFile(name, urls, digest=f"sha256:{digest}", size=size)


# Digests of the archives: tsdm's, of the copies at archive.physionet.org; others state
# the same, and the sizes, of those at physionet.org. Those of the outcomes are ours.
PHYSIONET_SETS = (
    Dataset(
        name="physionet2012",
        version="1.0.0",
        title="PhysioNet challenge 2012: death in intensive care, 12,000 records",
        license="ODC-By 1.0",
        citation="I. Silva, G. Moody, D. J. Scott, L. A. Celi and R. G. Mark (2012). "
        "Predicting in-hospital mortality of ICU patients: the PhysioNet/Computing in "
        "Cardiology Challenge 2012. Computing in Cardiology 39, 245-248. "
        "A. L. Goldberger et al. (2000). PhysioBank, PhysioToolkit, and PhysioNet. "
        "Circulation 101(23), e215-e220.",
        homepage=f"{_PHYSIONET}/content/challenge-2012/1.0.0/",
        files=(
            _file_2012(
                "set-a.tar.gz",
                "8cb250f179cd0952b4b9ebcf8954b63d70383131670fac1cfee13deaa13ca920",
                6_632_372,
            ),
            _file_2012(
                "set-b.tar.gz",
                "b1637a2a423a8e76f8f087896cfc5fdf28f88519e1f4e874fbda69b2a64dac30",
                6_652_690,
            ),
            _file_2012(
                "set-c.tar.gz",
                "a4a56b95bcee4d50a3874fe298bf2998f2ed0dd98a676579573dc10419329ee1",
                6_600_293,
            ),
            _file_2012(
                "Outcomes-a.txt",
                "2613ea60ccda29f87571a7d6b09ad130858a8ccd66325bd073365925026883c2",
                79_219,
            ),
            _file_2012(
                "Outcomes-b.txt",
                "1305f29734da374a809483229a99f33a9230aa8d4fa74b1a2d6ad788136423d5",
                79_149,
            ),
            _file_2012(
                "Outcomes-c.txt",
                "0b32dcb7753c0f18f2f5fde498a28618b8879c5e527ce0dae8ad120dd7e205c9",
                79_191,
            ),
        ),
    ),
    Dataset(
        name="physionet2019",
        version="1.0.0",
        title="PhysioNet challenge 2019: sepsis in intensive care, 40,336 records",
        license="CC BY 4.0",
        citation="M. A. Reyna et al. (2020). Early prediction of sepsis from clinical "
        "data: the PhysioNet/Computing in Cardiology Challenge 2019. Critical Care "
        "Medicine 48(2), 210-217. A. L. Goldberger et al. (2000). PhysioBank, "
        "PhysioToolkit, and PhysioNet. Circulation 101(23), e215-e220.",
        homepage=f"{_PHYSIONET}/content/challenge-2019/1.0.0/",
        files=(
            RemoteFile(
                "training_setA.zip",
                (f"{_2019}/training_setA.zip",),
                digest="sha256:c0def317798312e4facc0f33ac0202b3"
                "a34f412052d9096e8b122b4d3ecb7935",
            ),
            RemoteFile(
                "training_setB.zip",
                (f"{_2019}/training_setB.zip",),
                digest="sha256:8a88d69a5f64bc9a87d869f527fcc274"
                "1c0712cb9a7cb1f5cdcb725336b4c8cc",
            ),
        ),
    ),
)
