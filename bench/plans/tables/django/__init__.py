"""Django, set up without a database: the contender names it when it connects."""

from __future__ import annotations

import django
import pymysql
from django.conf import settings

# mysqlclient must be compiled against the client library; Django accepts PyMySQL in its place.
pymysql.install_as_MySQLdb()
settings.configure(INSTALLED_APPS=[__name__], USE_TZ=False, DATABASES={})
django.setup()
