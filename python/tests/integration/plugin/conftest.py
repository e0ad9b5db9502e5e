from __future__ import annotations

import pytest
from support.plugin_project.projects import Project
from support.servers import Server


@pytest.fixture
def project(pytester: pytest.Pytester, server: Server) -> Project:
    """A folder for a project that uses the test's server."""
    return Project(pytester, server)
