"""The models of which docs/typing.md writes stubs."""

FILES = {
    "shop/models.py": """\
from oxyde import Field, Model


class Order(Model):
    class Meta:
        is_table = True

    id: int | None = Field(default=None, db_pk=True)
    product: str
""",
}
