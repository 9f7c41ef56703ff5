"""`python -m scheduler install | keygen | health`: what an operator does besides running worker and beat."""

import sys

from shared import vault

USAGE = """usage: python -m scheduler COMMAND

  install   write the fixed ticks into beat's table and remove those that are gone
  keygen    print a new key pair for the vault: the public line, then the private one
"""


def main(arguments: list[str]) -> int:
    if arguments == ["keygen"]:
        print(*vault.generate("k1"), sep="\n")
        return 0
    if arguments == ["install"]:
        import scheduler.app  # noqa: PLC0415, F401  sets Django up, which keygen needs not and install needs first
        from scheduler.install import install  # noqa: PLC0415

        install()
        return 0
    sys.stderr.write(USAGE)
    return 2


sys.exit(main(sys.argv[1:]))
