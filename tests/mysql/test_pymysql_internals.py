"""PyMySQL's internals that our connection overrides or uses: a new PyMySQL without one of them fails here, by its name."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pymysql.connections
import pytest
from pymysql.connections import Connection, MySQLResult

from nectar.mysql import connection

METHODS = {
    # overridden
    "_process_auth": "(self, plugin_name, auth_packet, handler=None)",
    "_read_bytes": "(self, num_bytes)",
    "_read_ok_packet": "(self)",
    "_read_query_result": "(self, unbuffered=False)",
    "_request_authentication": "(self)",
    "show_warnings": "(self)",
    # used
    "_force_close": "(self)",
    "_read_packet": "(self, packet_type=<class 'pymysql.protocol.MysqlPacket'>)",
    "connect": "(self, sock=None)",
    "query": "(self, sql, unbuffered=False)",
    "write_packet": "(self, payload)",
}
RESULT_METHODS = {
    # overridden
    "_read_load_local_packet": "(self, first_packet)",
    # used
    "_read_ok_packet": "(self, packet)",
    "init_unbuffered_query": "(self)",
    "read": "(self)",
}
ATTRIBUTES = {
    "_read_timeout",
    "_result",
    "_secure",
    "_ssl_required",
    "_write_timeout",
    "client_flag",
    "ctx",
    "password",
    "server_capabilities",
    "server_public_key",
    "server_status",
    "server_thread_id",
    "server_version",
}
RESULT_ATTRIBUTES = {"affected_rows", "connection", "has_next", "message", "rows", "server_status"}
OURS = {"_demanded", "_left", "_peer", "_public_key", "_upgrade", "_waits", "_garbled"}
OK_PACKET = {"affected_rows", "has_next", "message", "server_status"}
PACKET_METHODS = {"get_all_data": "(self)", "is_ok_packet": "(self)"}


def class_of(module: object, name: str) -> ast.ClassDef:
    tree = ast.parse(Path(str(inspect.getfile(module))).read_text())  # type: ignore[arg-type]
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def attributes_set(cls: ast.ClassDef) -> set[str]:
    """The names that the class assigns as `self.name = ..`, annotates or defines."""
    stored = {node.attr for node in ast.walk(cls) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    return stored | {node.target.id for node in cls.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}


@pytest.mark.parametrize(("cls", "methods"), [(Connection, METHODS), (MySQLResult, RESULT_METHODS)])
def test_each_method_is_there_with_its_signature(cls: type, methods: dict[str, str]) -> None:
    assert {name: str(inspect.signature(getattr(cls, name))) for name in methods} == methods


def test_each_attribute_is_set_by_pymysql() -> None:
    assert attributes_set(class_of(pymysql.connections, "Connection")) >= ATTRIBUTES
    assert attributes_set(class_of(pymysql.connections, "MySQLResult")) >= RESULT_ATTRIBUTES
    assert attributes_set(class_of(inspect.getmodule(pymysql.connections.OKPacketWrapper), "OKPacketWrapper")) >= OK_PACKET  # type: ignore[attr-defined]
    packet = pymysql.connections.MysqlPacket  # type: ignore[attr-defined]
    assert {name: str(inspect.signature(getattr(packet, name))) for name in PACKET_METHODS} == PACKET_METHODS


def test_pymysql_calls_what_is_overridden() -> None:
    """A method that PyMySQL no longer calls would be overridden in vain: the connection would not be hardened."""
    source = Path(inspect.getfile(pymysql.connections)).read_text()
    for name in ("_process_auth", "_read_bytes", "_read_ok_packet", "_read_query_result", "_request_authentication"):
        assert f"self.{name}(" in source, name
    assert "self._read_load_local_packet(" in source
    assert "self.ctx.wrap_socket(self._sock, server_hostname=" in source
    assert "conn.server_public_key = " in Path(pymysql.connections._auth.__file__).read_text()  # type: ignore[attr-defined]


def test_the_lists_name_every_private_name_that_is_used() -> None:
    """Written into connection.py, a further private name of PyMySQL's has to be written here too."""
    tree = ast.parse(Path(inspect.getfile(connection)).read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    used = {node.attr for cls in classes for node in ast.walk(cls) if isinstance(node, ast.Attribute)}
    defined = {node.name for cls in classes for node in cls.body if isinstance(node, ast.FunctionDef)}
    private = {name for name in used | defined if name.startswith("_") and not name.startswith("__")}
    assert private - OURS == {
        name for name in {*METHODS, *RESULT_METHODS, *ATTRIBUTES, *RESULT_ATTRIBUTES} if name.startswith("_")
    }
    theirs = {name for cls in (Connection, MySQLResult) for name in vars(cls)} | attributes_set(
        class_of(pymysql.connections, "Connection")
    )
    assert OURS & theirs == set(), "PyMySQL has an attribute of that name now: ours would overwrite it"
