"""An EC2 that speaks the real protocol, with real transition times, throttling, faults and a ledger.

Standard library only. It must know nothing of the product that is tested against it.
"""
