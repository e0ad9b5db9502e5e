"""Servers in several processes: replicas, clusters and what stands before them.

Each cluster is a context manager. It starts its own servers, with free ports and a folder of its
own, and nothing is left of it afterwards; if the run is killed, its servers end with it.
"""
