"""Which sections Carp's own execution plans have had, as facts: a line a section, its options behind it."""

from __future__ import annotations

from collections.abc import Mapping

FIRST_DEFAULT = """
GenesisBlockTask
GenesisTransactionTask
ByronBlockTask readonly=false
ByronTransactionTask readonly=false
ByronAddressTask
ByronOutputTask
ByronInputTask
MultieraBlockTask readonly=false
MultieraTransactionTask readonly=false
MultieraMetadataTask readonly=false
MultieraAddressTask
MultieraOutputTask
MultieraUsedInputTask
MultieraUnusedInputTask
MultieraStakeCredentialTask
MultieraAddressCredentialRelationTask
MultieraTxCredentialRelationTask
"""

DEFAULT = """
GenesisBlockTask include_payload=false
GenesisTransactionTask include_payload=true
ShelleyGenesisBlockTask
ByronBlockTask readonly=false include_payload=false
ByronTransactionTask readonly=false include_payload=true
ByronAddressTask
ByronOutputTask
ByronInputTask
MultieraBlockTask readonly=false include_payload=false
MultieraTransactionTask readonly=false include_payload=true
MultieraMetadataTask readonly=false
MultieraAddressTask
MultieraOutputTask readonly=false
MultieraReferenceInputTask readonly=false
MultieraUsedInputTask readonly=false
MultieraUnusedInputTask
MultieraStakeCredentialTask
MultieraAddressCredentialRelationTask readonly=false
MultieraTxCredentialRelationTask
MultieraAssetMintTask readonly=false
MultieraCip25EntryTask
MultieraAddressDelegationTask
MultieraAssetUtxos
"""

FIRST_DEX_PRICES = """
GenesisBlockTask
GenesisTransactionTask
ByronBlockTask readonly=false
ByronTransactionTask readonly=false
ByronAddressTask
ByronOutputTask
ByronInputTask
MultieraBlockTask readonly=false
MultieraTransactionTask readonly=false
MultieraMetadataTask readonly=false
MultieraAddressTask
MultieraOutputTask readonly=false
MultieraReferenceInputTask readonly=false
MultieraUsedInputTask readonly=false
MultieraUnusedInputTask
MultieraStakeCredentialTask
MultieraAddressCredentialRelationTask readonly=false
MultieraTxCredentialRelationTask
MultieraAssetMintTask readonly=false
MultieraCip25EntryTask
MultieraWingRidersV1MeanPriceTask
"""

DEX_PRICES = """
GenesisBlockTask include_payload=false
GenesisTransactionTask include_payload=false
ByronBlockTask readonly=false include_payload=false
ByronTransactionTask readonly=false include_payload=false
ByronAddressTask
ByronOutputTask
ByronInputTask
MultieraBlockTask readonly=false include_payload=false
MultieraTransactionTask include_payload=false readonly=false
MultieraAddressTask
MultieraOutputTask readonly=false
MultieraUsedInputTask readonly=false
MultieraAssetMintTask readonly=false
MultieraWingRidersV1MeanPriceTask
MultieraMinSwapV1MeanPriceTask
MultieraSundaeSwapV1MeanPriceTask
MultieraWingRidersV1SwapTask
MultieraMinSwapV1SwapTask
MultieraSundaeSwapV1SwapTask
"""

READONLY = """
ByronBlockTask readonly=true
ByronTransactionTask readonly=true
MultieraBlockTask readonly=true
MultieraTransactionTask readonly=true
MultieraMetadataTask readonly=true
MultieraAssetMintTask
MultieraCip25EntryTask
"""

PAIMA = (
    DEFAULT.replace("ShelleyGenesisBlockTask\n", "")
    + f"""
MultiEraProjectedNftTask script_hash="{"3e" * 28}"
"""
)

CHECKLIST = """
MultieraBlockTask
MultieraTransactionTask
MultieraAssetMintTask
MultieraCip25EntryTask
"""

PUBLISHED: Mapping[str, str] = {
    "default": DEFAULT,
    "default-first": FIRST_DEFAULT,
    "dex_prices": DEX_PRICES,
    "dex_prices-first": FIRST_DEX_PRICES,
    "paima": PAIMA,
    "readonly": READONLY,
    "checklist": CHECKLIST,
}


def toml(sections: str) -> str:
    """The execution plan itself."""
    text = ""
    for line in filter(None, sections.splitlines()):
        name, *options = line.split()
        text += "\n".join([f"[{name}]", *options, "", ""])
    return text
