-- Nectar plan wallet-watch on mainnet
-- fingerprint 505a5cc5267dc21b998e7c39567028fa0a5209e5
-- SQLite 3.37 or newer (STRICT tables). Unsigned 64-bit columns are ANY: numbers below 2^63, above it text of 20 digits.

-- Tables
CREATE TABLE IF NOT EXISTS "nectar_checkpoint" (
  "seq" INTEGER PRIMARY KEY,
  "slot" INTEGER NOT NULL,
  "hash" BLOB NOT NULL,
  "block_no" INTEGER NOT NULL,
  "highest_block_no" INTEGER NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "writer" TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "nectar_coverage" (
  "table_name" TEXT NOT NULL,
  "first_slot" INTEGER NOT NULL,
  "last_slot" INTEGER NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "complete" INTEGER NOT NULL,
  PRIMARY KEY ("table_name", "first_slot")
) STRICT;
CREATE TABLE IF NOT EXISTS "nectar_plan" (
  "fingerprint" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "compiled" TEXT NOT NULL,
  "version" TEXT NOT NULL,
  PRIMARY KEY ("fingerprint")
) STRICT;
CREATE TABLE IF NOT EXISTS "nectar_quarantine" (
  "slot" INTEGER NOT NULL,
  "hash" BLOB NOT NULL,
  "era" INTEGER,
  "code" TEXT NOT NULL,
  "path" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  "raw" BLOB NOT NULL,
  PRIMARY KEY ("slot", "hash")
) STRICT;
CREATE TABLE IF NOT EXISTS "block" (
  "id" INTEGER PRIMARY KEY,
  "hash" BLOB NOT NULL,
  "epoch_no" INTEGER,
  "slot_no" INTEGER,
  "epoch_slot_no" INTEGER,
  "block_no" INTEGER,
  "previous_id" INTEGER,
  "slot_leader_id" BLOB NOT NULL,
  "size" INTEGER NOT NULL,
  "time" TEXT NOT NULL,
  "tx_count" INTEGER NOT NULL,
  "proto_major" INTEGER NOT NULL,
  "proto_minor" INTEGER NOT NULL,
  "vrf_key" TEXT,
  "op_cert" BLOB,
  "op_cert_counter" ANY,
  "previous_hash" BLOB NOT NULL,
  "out_sum" INTEGER NOT NULL,
  "fees" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "slot_leader" (
  "id" BLOB NOT NULL,
  "hash" BLOB NOT NULL,
  "pool_hash_id" BLOB,
  "description" TEXT NOT NULL,
  "first_block_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_hash" (
  "id" BLOB NOT NULL,
  "hash_raw" BLOB NOT NULL,
  "view" TEXT NOT NULL,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "epoch" (
  "id" INTEGER PRIMARY KEY,
  "out_sum" TEXT NOT NULL,
  "fees" INTEGER,
  "tx_count" INTEGER NOT NULL,
  "blk_count" INTEGER NOT NULL,
  "no" INTEGER NOT NULL,
  "start_time" TEXT NOT NULL,
  "end_time" TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "meta" (
  "id" INTEGER PRIMARY KEY,
  "start_time" TEXT NOT NULL,
  "network_name" TEXT NOT NULL,
  "version" TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "schema_version" (
  "id" INTEGER PRIMARY KEY,
  "stage_one" INTEGER NOT NULL,
  "stage_two" INTEGER NOT NULL,
  "stage_three" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "tx" (
  "id" INTEGER PRIMARY KEY,
  "hash" BLOB NOT NULL,
  "block_id" INTEGER NOT NULL,
  "block_index" INTEGER NOT NULL,
  "out_sum" INTEGER NOT NULL,
  "fee" INTEGER,
  "deposit" INTEGER,
  "size" INTEGER NOT NULL,
  "invalid_before" ANY,
  "invalid_hereafter" ANY,
  "valid_contract" INTEGER NOT NULL,
  "script_size" INTEGER NOT NULL,
  "treasury_donation" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "tx_in" (
  "id" INTEGER PRIMARY KEY,
  "tx_in_id" INTEGER NOT NULL,
  "tx_out_id" INTEGER,
  "tx_out_index" INTEGER NOT NULL,
  "redeemer_id" INTEGER,
  "tx_out_hash" BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "tx_out" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "address_id" BLOB NOT NULL,
  "stake_address_id" BLOB,
  "value" INTEGER NOT NULL,
  "data_hash" BLOB,
  "inline_datum_id" BLOB,
  "reference_script_id" BLOB,
  "consumed_by_tx_id" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "collateral_tx_in" (
  "id" INTEGER PRIMARY KEY,
  "tx_in_id" INTEGER NOT NULL,
  "tx_out_id" INTEGER,
  "tx_out_index" INTEGER NOT NULL,
  "tx_out_hash" BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "reference_tx_in" (
  "id" INTEGER PRIMARY KEY,
  "tx_in_id" INTEGER NOT NULL,
  "tx_out_id" INTEGER,
  "tx_out_index" INTEGER NOT NULL,
  "tx_out_hash" BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "collateral_tx_out" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "address_id" BLOB NOT NULL,
  "stake_address_id" BLOB,
  "value" INTEGER NOT NULL,
  "data_hash" BLOB,
  "multi_assets_descr" TEXT NOT NULL,
  "inline_datum_id" BLOB,
  "reference_script_id" BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS "extra_key_witness" (
  "id" INTEGER PRIMARY KEY,
  "hash" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "stake_address" (
  "id" BLOB NOT NULL,
  "hash_raw" BLOB NOT NULL,
  "view" TEXT NOT NULL,
  "script_hash" BLOB,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "address" (
  "id" BLOB NOT NULL,
  "address" TEXT NOT NULL,
  "raw" BLOB NOT NULL,
  "has_script" INTEGER NOT NULL,
  "payment_cred" BLOB,
  "stake_address_id" BLOB,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "multi_asset" (
  "id" BLOB NOT NULL,
  "policy" BLOB NOT NULL,
  "name" BLOB NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "ma_tx_mint" (
  "id" INTEGER PRIMARY KEY,
  "ident" BLOB NOT NULL,
  "quantity" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "ma_tx_out" (
  "id" INTEGER PRIMARY KEY,
  "ident" BLOB NOT NULL,
  "quantity" ANY NOT NULL,
  "tx_out_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "withdrawal" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "amount" INTEGER NOT NULL,
  "redeemer_id" INTEGER,
  "tx_id" INTEGER NOT NULL
) STRICT;

-- Indexes built once the range is loaded
CREATE INDEX IF NOT EXISTS "idx_block_hash" ON "block" ("hash");
CREATE INDEX IF NOT EXISTS "idx_block_slot_no" ON "block" ("slot_no");
CREATE INDEX IF NOT EXISTS "idx_block_block_no" ON "block" ("block_no");
CREATE INDEX IF NOT EXISTS "idx_block_epoch_no" ON "block" ("epoch_no");
CREATE INDEX IF NOT EXISTS "idx_pool_hash_view" ON "pool_hash" ("view");
CREATE INDEX IF NOT EXISTS "idx_tx_hash" ON "tx" ("hash");
CREATE INDEX IF NOT EXISTS "idx_tx_block_id" ON "tx" ("block_id");
CREATE INDEX IF NOT EXISTS "idx_tx_in_tx_out_hash" ON "tx_in" ("tx_out_hash", "tx_out_index");
CREATE INDEX IF NOT EXISTS "idx_tx_in_tx_in_id" ON "tx_in" ("tx_in_id");
CREATE INDEX IF NOT EXISTS "idx_tx_out_address_id" ON "tx_out" ("address_id");
CREATE INDEX IF NOT EXISTS "idx_tx_out_stake_address_id" ON "tx_out" ("stake_address_id");
CREATE INDEX IF NOT EXISTS "idx_collateral_tx_in_tx_in_id" ON "collateral_tx_in" ("tx_in_id");
CREATE INDEX IF NOT EXISTS "idx_reference_tx_in_tx_in_id" ON "reference_tx_in" ("tx_in_id");
CREATE INDEX IF NOT EXISTS "idx_extra_key_witness_tx_id" ON "extra_key_witness" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_stake_address_view" ON "stake_address" ("view");
CREATE INDEX IF NOT EXISTS "idx_address_payment_cred" ON "address" ("payment_cred");
CREATE INDEX IF NOT EXISTS "idx_address_stake_address_id" ON "address" ("stake_address_id");
CREATE INDEX IF NOT EXISTS "idx_multi_asset_policy" ON "multi_asset" ("policy");
CREATE INDEX IF NOT EXISTS "idx_multi_asset_fingerprint" ON "multi_asset" ("fingerprint");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_mint_ident" ON "ma_tx_mint" ("ident");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_out_ident" ON "ma_tx_out" ("ident");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_out_tx_out_id" ON "ma_tx_out" ("tx_out_id");
CREATE INDEX IF NOT EXISTS "idx_withdrawal_addr_id" ON "withdrawal" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_withdrawal_tx_id" ON "withdrawal" ("tx_id");
