from pathlib import Path

import pytest

from ci.tests.monorepo import Monorepo


@pytest.fixture(autouse=True)
def no_git_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """As git sets these for its hooks."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Monorepo:
    shop = Monorepo(tmp_path_factory.mktemp("built") / "shop", ["cart", "search", "tax"])
    shop.built()
    return shop


@pytest.fixture
def shop(built_shop: Monorepo, tmp_path: Path) -> Monorepo:
    """Three services, all built."""
    return built_shop.copy(tmp_path / "shop")
