"""The steps that run ON a compute host. ssh.py sends these files there; Python 3.9's standard library must do."""
