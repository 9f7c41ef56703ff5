"""A simulated EC2 beside a real installation: its samples, and the way to it from the scheduler.

Needs Python's own library and `simulator`, nothing else: the image it runs in holds no more.
"""
