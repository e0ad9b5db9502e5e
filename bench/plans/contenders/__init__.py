"""Those who answer the cases: each runs a case in a transaction and rolls it back."""

from bench.plans.contenders.contender import Contender, Run, TooSlow
from bench.plans.contenders.django import Django
from bench.plans.contenders.oxyde import Oxyde, Written
from bench.plans.contenders.sqlalchemy import SqlAlchemy

__all__ = ["Contender", "Django", "Oxyde", "Run", "SqlAlchemy", "TooSlow", "Written"]
