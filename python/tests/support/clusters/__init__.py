"""Servers in several processes: replicas, clusters and what stands before them.

Each cluster is a context manager. It starts its own servers, with free ports and a folder of its own,
and nothing is left of it afterwards, even if the run is killed.
"""
