"""The names of the filter language: scopes and their fields, with the Python and the SQL of each.

In a field's `code` and a scope's `each`, `{x}` is the element, `{t}` the transaction, `{b}` the block. In `sql`, `{x}` is the
alias of the element's table, `{t}` of tx, `{b}` of block; names are in double quotes, which each dialect replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nectar.cardano.governance import ACTION_KINDS, VOTES
from nectar.cardano.position import ITEMS
from nectar.filterlang.access import CERT_KINDS, SCRIPT_KINDS
from nectar.filterlang.kinds import T
from nectar.tables import item_ids


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a scope.

    `null`: it may have no value. `raw`: a text stored as bytes (an asset's name). `needs`: names of `Want` flags. `choices`:
    all its possible texts. `length`: in bytes, 0 when it varies. `low`, `high`: the range of a number. `shown`: an address
    stored as text. `sql`: empty when no table has it.
    """

    name: str
    type: T
    doc: str
    code: str
    sql: str = ""
    null: bool = False
    raw: bool = False
    needs: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    length: int = 0
    low: int | None = None
    high: int | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """The fields of a transaction, a block, a table's row or the elements of a collection.

    `each`: Python for a collection's elements. `source`: what follows FROM in SQL. `link`: the condition that ties an element
    to its parent. `within`: the scopes that have the collection. `table`: the table whose rows are its elements.
    """

    name: str
    doc: str
    fields: Mapping[str, Field]
    each: str = ""
    source: str = ""
    link: str = ""
    within: tuple[str, ...] = ("tx",)
    needs: tuple[str, ...] = ()
    table: str = ""


MOST = 45_000_000_000_000_000
"""Lovelace in total, on every public network."""
U64 = (1 << 64) - 1


def _fields(*fields: Field) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


BLOCK = Scope(
    "block",
    "The block that the transaction stands in.",
    _fields(
        Field("slot", T.SLOT, "Its slot; -1 for genesis.", "{b}.slot", 'COALESCE({b}."slot_no", -1)', low=-1),
        Field("number", T.INT, "Its number; -1 for genesis.", "{b}.block_no", 'COALESCE({b}."block_no", -1)', low=-1),
        Field("hash", T.BYTES, "Its header's hash, 32 bytes.", "{b}.hash", '{b}."hash"', length=32),
        Field("epoch", T.EPOCH, "Its epoch; -1 for genesis.", "epoch_of({b}.slot)", 'COALESCE({b}."epoch_no", -1)', low=-1),
        Field("era", T.ERA, "Its era: byron, shelley, allegra, mary, alonzo, babbage, conway.", "era_of({b})", "{era}", low=1, high=7),
        Field("time", T.TIME, "When its slot began, UTC.", "time_text({b}.slot)", '{b}."time"'),
        Field("size", T.INT, "Bytes of its body.", "{b}.size", '{b}."size"', low=0),
        Field("tx_count", T.INT, "Transactions in it.", "{b}.tx_count", '{b}."tx_count"', low=0),
        Field("issuer_pool", T.POOL, "The pool that made it.", "issuer_pool({b})",
              '(SELECT l."pool_hash_id" FROM "slot_leader" l WHERE l."id" = {b}."slot_leader_id")', null=True),
        Field("proto_major", T.INT, "Protocol version, major.", "{b}.proto_major", '{b}."proto_major"'),
        Field("proto_minor", T.INT, "Protocol version, minor.", "{b}.proto_minor", '{b}."proto_minor"'),
    ),
    within=(),
)  # a table, one field a row  # fmt: skip


def _some(table: str, column: str = "tx_id", more: str = "") -> str:
    return f'EXISTS (SELECT 1 FROM "{table}" n WHERE n."{column}" = {{t}}."id"{more})'


def _count(table: str, column: str = "tx_id") -> str:
    return f'(SELECT COUNT(*) FROM "{table}" n WHERE n."{column}" = {{t}}."id")'


_CERT_TABLES = {
    "stake_registration": "tx_id", "stake_deregistration": "tx_id", "delegation": "tx_id", "delegation_vote": "tx_id",
    "pool_update": "registered_tx_id", "pool_retire": "announced_tx_id", "reserve": "tx_id", "treasury": "tx_id", "pot_transfer": "tx_id",
    "committee_registration": "tx_id", "committee_de_registration": "tx_id", "drep_registration": "tx_id",
}  # a table, one field a row  # fmt: skip

TX = Scope(
    "tx",
    "The transaction.",
    _fields(
        Field("hash", T.BYTES, "Its id, 32 bytes.", "{t}.hash", '{t}."hash"', length=32),
        Field("index", T.INT, "Its place in the block, from 0.", "{t}.index", '{t}."block_index"', low=0),
        Field("fee", T.LOVELACE, "What it paid. Not known while Byron's blocks are read, where fees follow from inputs.",
              "{t}.fee", '{t}."fee"', null=True, low=0, high=MOST),
        Field("size", T.INT, "Bytes, as the ledger counts them for the fee.", "{t}.size", '{t}."size"', low=0),
        Field("is_valid", T.BOOL, "False when a script failed and the collateral was taken.", "{t}.is_valid", '({t}."valid_contract" = 1)'),
        Field("out_sum", T.LOVELACE, "Sum of the outputs it created.", "{t}.out_sum", '{t}."out_sum"', low=0, high=MOST),
        Field("input_count", T.INT, "Outputs it spent.", "len(spent({t}))", _count("tx_in", "tx_in_id"), low=0),
        Field("output_count", T.INT, "Outputs it created.", "len(created_outputs({t}))", _count("tx_out"), low=0, needs=("OUTPUTS",)),
        Field("mint_count", T.INT, "Assets it minted or burnt.", "len(mints({t}))", _count("ma_tx_mint"), low=0, needs=("ASSETS",)),
        Field("has_metadata", T.BOOL, "It carries metadata.", "({t}.is_valid and bool({t}.metadata))", _some("tx_metadata"), needs=("METADATA",)),
        Field("has_mint", T.BOOL, "It creates some quantity of an asset.", "({t}.is_valid and any(q > 0 for _, _, q in {t}.mint))",
              _some("ma_tx_mint", more=' AND n."quantity" > 0'), needs=("ASSETS",)),
        Field("has_burn", T.BOOL, "It destroys some quantity of an asset.", "({t}.is_valid and any(q < 0 for _, _, q in {t}.mint))",
              _some("ma_tx_mint", more=' AND n."quantity" < 0'), needs=("ASSETS",)),
        Field("has_script", T.BOOL, "It runs a Plutus script, or one of its scripts failed.", "(not {t}.is_valid or bool({t}.redeemers))",
              f'({{t}}."valid_contract" = 0 OR {_some("redeemer")})', needs=("SCRIPTS",)),
        Field("has_certs", T.BOOL, "It carries a certificate.", "bool(certs({t}))",
              f"({' OR '.join(_some(table, column) for table, column in _CERT_TABLES.items())})", needs=("CERTIFICATES",)),
        Field("has_withdrawals", T.BOOL, "It withdraws rewards.", "({t}.is_valid and bool({t}.withdrawals))", _some("withdrawal"), needs=("WITHDRAWALS",)),
        Field("has_votes", T.BOOL, "It votes on a governance action.", "({t}.is_valid and bool({t}.votes))", _some("voting_procedure"), needs=("GOVERNANCE",)),
        Field("has_proposals", T.BOOL, "It proposes a governance action.", "({t}.is_valid and bool({t}.proposals))", _some("gov_action_proposal"), needs=("GOVERNANCE",)),
        Field("invalid_before", T.SLOT, "First slot in which it is valid.", "{t}.invalid_before", '{t}."invalid_before"', null=True, low=0),
        Field("invalid_hereafter", T.SLOT, "First slot in which it is not valid any more.", "{t}.invalid_hereafter", '{t}."invalid_hereafter"', null=True, low=0),
        Field("donation", T.LOVELACE, "Lovelace given to the treasury.", "(({t}.donation or 0) if {t}.is_valid else 0)",
              '{t}."treasury_donation"', low=0, high=MOST, needs=("GOVERNANCE",)),
        Field("types", T.SET, 'What it does: "mint", "burn", "script", "certificate", "withdrawal", "metadata", "governance".', ""),
    ),
    source='"tx" {t} JOIN "block" {b} ON {b}."id" = {t}."block_id"',
    within=(),
    table="tx",
)  # a table, one field a row  # fmt: skip

_HELD = '"ma_tx_out" {x} JOIN "multi_asset" {x}a ON {x}a."id" = {x}."ident"'
ASSETS_OF_OUTPUT = (
    "assets_of({p})",
    _HELD,
    '{x}."id" ' + item_ids('{p}."tx_id"') + ' AND {x}."tx_out_id" = {p}."id"',
)
"""`assets` within `outputs`: how each is had, what follows FROM, the link; `{p}` is the output."""

TYPES: Mapping[str, tuple[str, ...]] = {
    "mint": ("has_mint",), "burn": ("has_burn",), "script": ("has_script",), "certificate": ("has_certs",),
    "withdrawal": ("has_withdrawals",), "metadata": ("has_metadata",), "governance": ("has_votes", "has_proposals"),
}  # a table, one field a row  # fmt: skip
"""Word of `types` and of `skip_tx_types` -> the fields of which any makes it true."""


def _where(out: str, code_null: bool, sql: str) -> tuple[Field, ...]:
    """Fields of an output; `out` is the code of its TxOut."""

    def code(text: str) -> str:
        inner = text.replace("{o}", out)
        return f"(None if {out} is None else {inner})" if code_null else inner

    def sql_of(text: str) -> str:
        return text.replace("{o}", sql)

    return (
        Field("address", T.ADDRESS, "Its address.", code("canonical_address({o}.address)"), sql_of('{o}."address"'), code_null, needs=("OUTPUTS",)),
        Field("payment_cred", T.BYTES, "Hash of the key or script that controls it; none for Byron's addresses.",
              code("payment_cred({o}.address)"), sql_of('{o}."payment_cred"'), True, length=28, needs=("OUTPUTS",)),
        Field("stake_address", T.STAKE_ADDRESS, "The account its stake counts for.", code("reward_address_of({o}.address)"),
              sql_of('{o}."stake_address_id"'), True, needs=("OUTPUTS",)),
        Field("stake_cred", T.BYTES, "Hash of the key or script of that account.", code("stake_cred({o}.address)"),
              sql_of('SUBSTR({o}."stake_address_id", 2)'), True, length=28, needs=("OUTPUTS",)),
        Field("is_script", T.BOOL, "A script controls it.", code("is_script({o}.address)"), sql_of('({o}."address_has_script" = 1)'), code_null, needs=("OUTPUTS",)),
        Field("is_byron", T.BOOL, "Its address is of Byron's form.", code("is_byron({o}.address)"),
              sql_of("""({o}."payment_cred" IS NULL AND {o}."address" NOT LIKE 'addr%')"""), code_null, needs=("OUTPUTS",)),
        Field("network", T.INT, "1 mainnet, 0 any other; none for Byron's.", code("network_id({o}.address)"),
              sql_of("""(CASE WHEN {o}."address" LIKE 'addr1%' OR {o}."address" LIKE 'stake1%' THEN 1 """
                     """WHEN {o}."address" LIKE 'addr%' OR {o}."address" LIKE 'stake%' THEN 0 END)"""), True, needs=("OUTPUTS",)),
        Field("value", T.LOVELACE, "Lovelace.", code("{o}.value"), sql_of('{o}."value"'), code_null, low=0, high=MOST, needs=("OUTPUTS",)),
        Field("datum_hash", T.BYTES, "Hash of its datum, given by hash or inline.", code("{o}.datum_hash"), sql_of('{o}."data_hash"'), True, length=32,
              needs=("OUTPUTS", "SCRIPTS")),
        Field("ref_script_hash", T.BYTES, "Hash of the script it carries.", code("({o}.script and {o}.script.hash)"),
              sql_of('{o}."reference_script_id"'), True, length=28, needs=("OUTPUTS", "SCRIPTS")),
    )  # a table, one field a row  # fmt: skip


_ASSET = (
    Field("policy", T.POLICY, "The minting policy's hash, 28 bytes.", "{x}[0]", '{x}a."policy"'),
    Field("name", T.BYTES, "The asset's name, bytes.", "{x}[1]", '{x}a."name"'),
    Field("name_text", T.TEXT, "The same as text.", "{x}[1]", '{x}a."name"', raw=True),
    Field("fingerprint", T.ASSET, "CIP-14: `asset1..`.", "asset_fingerprint({x}[0], {x}[1])[0]", '{x}a."id"'),
)
_OUT_SOURCE = '"tx_out" {x}'

COLLECTIONS: Mapping[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope(
            "outputs",
            "Outputs that it created.",
            _fields(Field("index", T.INT, "Its place, from 0.", "{x}.index", '{x}."index"'), *_where("{x}", False, "{x}")),
            "created_outputs({t})", _OUT_SOURCE, '{x}."tx_id" = {t}."id"', needs=("OUTPUTS",), table="tx_out",
        ),
        Scope(
            "inputs",
            "Outputs that it spent, where the run can know them.",
            _fields(
                Field("tx_hash", T.BYTES, "Transaction that made it.", "{x}.tx_hash", '{x}i."tx_out_hash"', length=32),
                Field("index", T.INT, "Its place among that one's outputs.", "{x}.index", '{x}i."tx_out_index"'),
                *_where("{x}.out", True, "{x}"),
            ),
            "inputs({t})",
            f'"tx_in" {{x}}i LEFT JOIN "tx_out" {{x}} ON {{x}}."id" = {{x}}i."tx_out_id" * {ITEMS} + {{x}}i."tx_out_index"',
            '{x}i."tx_in_id" = {t}."id"', table="tx_in",
        ),
        Scope(
            "assets",
            "Assets that its outputs hold; within outputs, that the output holds.",
            _fields(*_ASSET, Field("quantity", T.INT, "How many.", "{x}[2]", '{x}."quantity"', low=1, high=U64)),
            "output_assets({t})", _HELD, '{x}."id" ' + item_ids('{t}."id"'),
            within=("tx", "outputs"), needs=("OUTPUTS", "ASSETS"), table="ma_tx_out",
        ),
        Scope(
            "mints",
            "Assets that it minted, and burnt.",
            _fields(*_ASSET, Field("quantity", T.INT, "How many; negative when burnt.", "{x}[2]", '{x}."quantity"')),
            "mints({t})", '"ma_tx_mint" {x} JOIN "multi_asset" {x}a ON {x}a."id" = {x}."ident"', '{x}."tx_id" = {t}."id"',
            needs=("ASSETS",), table="ma_tx_mint",
        ),
        Scope(
            "metadata",
            "Its metadata, by label.",
            _fields(
                Field("label", T.INT, "The label.", "{x}.label", '{x}."key"', low=0, high=U64),
                Field("text", T.TEXT, "The value as JSON text.", "metadata_text({x})", '{x}."json"', null=True),
                Field("json", T.JSON, "A value inside: json.name, json[\"a key\"][0]; text or number, none when it is not there.",
                      "metadata_text({x})", '{x}."json"', null=True),
            ),
            "({t}.metadata if {t}.is_valid else ())", '"tx_metadata" {x}', '{x}."tx_id" = {t}."id"', needs=("METADATA",), table="tx_metadata",
        ),
        Scope(
            "certs",
            "What its certificates do; one that does several things counts once for each.",
            _fields(
                Field("kind", T.TEXT, "What it does.", "{x}.kind", '{x}."kind"', choices=CERT_KINDS),
                Field("index", T.INT, "Its place among the certificates.", "{x}.index", '{x}."cert_index"'),
                Field("stake_address", T.STAKE_ADDRESS, "The account.", "account({x}.credential)", '{x}."addr_id"', null=True),
                Field("pool", T.POOL, "The pool.", "{x}.pool", '{x}."pool"', null=True),
                Field("drep", T.DREP, "The DRep.", "{x}.drep", '{x}."drep"', null=True),
                Field("deposit", T.LOVELACE, "The deposit where the certificate says it; a DRep's is negative when given back.",
                      "{x}.deposit", '{x}."deposit"', null=True),
                Field("epoch", T.EPOCH, "Epoch in which the pool retires.", "{x}.epoch", '{x}."epoch"', null=True),
            ),
            "certs({t})", "{certs} {x}", '{x}."tx_id" = {t}."id"', needs=("CERTIFICATES",), table="certs",
        ),
        Scope(
            "withdrawals",
            "Rewards that it withdraws.",
            _fields(
                Field("stake_address", T.STAKE_ADDRESS, "The account.", "{x}[0]", '{x}."addr_id"'),
                Field("amount", T.LOVELACE, "Lovelace.", "{x}[1]", '{x}."amount"', low=0, high=MOST),
            ),
            "({t}.withdrawals if {t}.is_valid else ())", '"withdrawal" {x}', '{x}."tx_id" = {t}."id"', needs=("WITHDRAWALS",), table="withdrawal",
        ),
        Scope(
            "scripts",
            "Scripts that it shows: in witnesses, metadata and outputs.",
            _fields(
                Field("hash", T.BYTES, "Its hash, 28 bytes.", "{x}.hash", length=28),
                Field("kind", T.TEXT, "Its language.", "SCRIPT_KINDS[{x}.kind]", choices=tuple(SCRIPT_KINDS.values())),
                Field("size", T.INT, "Its bytes.", "len({x}.raw)"),
            ),
            "scripts({t})", needs=("OUTPUTS", "SCRIPTS"), table="script",
        ),
        Scope(
            "datums",
            "Datums that it shows: in witnesses and outputs.",
            _fields(Field("hash", T.BYTES, "Its hash, 32 bytes.", "{x}.hash", length=32)),
            "datums({t})", needs=("OUTPUTS", "SCRIPTS"), table="datum",
        ),
        Scope(
            "redeemers",
            "What it tells its Plutus scripts.",
            _fields(
                Field("purpose", T.TEXT, "What the script is asked for.", "{x}.purpose.name.lower()", '{x}."purpose"',
                      choices=("spend", "mint", "cert", "reward", "vote", "propose")),
                Field("index", T.INT, "Place in the sorted set that the purpose points at.", "{x}.index", '{x}."index"'),
                Field("mem", T.INT, "Units of memory.", "{x}.mem", '{x}."unit_mem"'),
                Field("steps", T.INT, "Steps.", "{x}.steps", '{x}."unit_steps"'),
                Field("data_hash", T.BYTES, "Hash of what it carries.", "{x}.data.hash", '{x}."redeemer_data_id"', length=32),
            ),
            "({t}.redeemers if {t}.is_valid else ())", '"redeemer" {x}', '{x}."tx_id" = {t}."id"', needs=("SCRIPTS",), table="redeemer",
        ),
        Scope(
            "votes",
            "Its votes on governance actions.",
            _fields(
                Field("role", T.TEXT, "Who votes.", "VOTER_ROLES[{x}.voter_kind]", '{x}."voter_role"', choices=("ConstitutionalCommittee", "DRep", "SPO")),
                Field("pool", T.POOL, "The pool that votes.", "voting_pool({x})", '{x}."pool_voter"', null=True),
                Field("drep", T.DREP, "The DRep that votes.", "voting_drep({x})", '{x}."drep_voter"', null=True),
                Field("vote", T.TEXT, "The vote.", "VOTES[{x}.vote]", '{x}."vote"', choices=VOTES),
                Field("action_tx", T.BYTES, "Transaction of the action, 32 bytes.", "{x}.action.tx_hash", '{x}."gov_action_tx_hash"', length=32),
                Field("action_index", T.INT, "The action's place in it.", "{x}.action.index", '{x}."gov_action_index"'),
            ),
            "({t}.votes if {t}.is_valid else ())", '"voting_procedure" {x}', '{x}."tx_id" = {t}."id"', needs=("GOVERNANCE",), table="voting_procedure",
        ),
        Scope(
            "proposals",
            "Governance actions that it proposes.",
            _fields(
                Field("kind", T.TEXT, "The action.", "ACTION_KINDS[type({x}.action)]", '{x}."type"', choices=tuple(ACTION_KINDS.values())),
                Field("deposit", T.LOVELACE, "The deposit.", "{x}.deposit", '{x}."deposit"'),
                Field("return_address", T.STAKE_ADDRESS, "Where the deposit goes back to.", "{x}.reward_account", '{x}."return_address"'),
            ),
            "({t}.proposals if {t}.is_valid else ())", '"gov_action_proposal" {x}', '{x}."tx_id" = {t}."id"', needs=("GOVERNANCE",), table="gov_action_proposal",
        ),
    )
}  # a table, one field a row  # fmt: skip


def _cert_rows(table: str, kind: str, tx: str = "tx_id", **columns: str) -> str:
    """One table of certificates in the shape of all: tx_id, kind, cert_index, addr_id, pool, drep, deposit, epoch."""
    wanted = ("addr_id", "pool", "drep", "deposit", "epoch")
    values = ", ".join(f'{columns.get(name, "NULL")} AS "{name}"' for name in wanted)
    return f'SELECT "id", "{tx}" AS "tx_id", {kind} AS "kind", "cert_index", {values} FROM "{table}"'


def _first_rows(table: str, kind: str) -> str:
    """Of a table that has several rows of one certificate, looked for within the transaction's ids."""
    earlier = f'f."id" >= "{table}"."tx_id" * {ITEMS} AND f."id" < "{table}"."id" AND f."cert_index" = "{table}"."cert_index"'
    return f'{_cert_rows(table, kind)} WHERE NOT EXISTS (SELECT 1 FROM "{table}" f WHERE {earlier})'


CERT_ROWS: Mapping[str, str] = {
    "stake_registration": _cert_rows("stake_registration", "'stake_registration'", addr_id='"addr_id"', deposit='"deposit"'),
    "stake_deregistration": _cert_rows("stake_deregistration", "'stake_deregistration'", addr_id='"addr_id"'),
    "delegation": _cert_rows("delegation", "'delegation'", addr_id='"addr_id"', pool='"pool_hash_id"'),
    "delegation_vote": _cert_rows("delegation_vote", "'vote_delegation'", addr_id='"addr_id"', drep='"drep_hash_id"'),
    "pool_update": _cert_rows("pool_update", "'pool_registration'", "registered_tx_id", pool='"hash_id"'),
    "pool_retire": _cert_rows("pool_retire", "'pool_retirement'", "announced_tx_id", pool='"hash_id"', epoch='"retiring_epoch"'),
    "pot_transfer": _cert_rows("pot_transfer", "'instantaneous_rewards'"),
    "reserve": _first_rows("reserve", "'instantaneous_rewards'"),
    "treasury": _first_rows("treasury", "'instantaneous_rewards'"),
    "committee_registration": _cert_rows("committee_registration", "'committee_registration'"),
    "committee_de_registration": _cert_rows("committee_de_registration", "'committee_de_registration'"),
    "drep_registration": _cert_rows(
        "drep_registration",
        "CASE WHEN \"deposit\" IS NULL THEN 'drep_update' WHEN \"deposit\" < 0 THEN 'drep_deregistration' ELSE 'drep_registration' END",
        drep='"drep_hash_id"', deposit='"deposit"',
    ),
}  # a table, one field a row  # fmt: skip
"""The tables that `certs` is put together from, each in the shape of all; several rows of one certificate count once."""
