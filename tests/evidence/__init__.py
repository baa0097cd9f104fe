"""Tests of gathering, over real sockets."""
