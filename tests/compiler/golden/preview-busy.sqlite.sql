-- Nectar plan preview-busy on preview
-- fingerprint 5b0bd5b57078f8ac9aac6b257d9b384fe21b7046
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
  "address" TEXT NOT NULL,
  "address_has_script" INTEGER NOT NULL,
  "payment_cred" BLOB,
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
  "address" TEXT NOT NULL,
  "address_has_script" INTEGER NOT NULL,
  "payment_cred" BLOB,
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
CREATE TABLE IF NOT EXISTS "tx_metadata" (
  "id" INTEGER PRIMARY KEY,
  "key" ANY NOT NULL,
  "json" TEXT,
  "bytes" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "script" (
  "id" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "hash" BLOB NOT NULL,
  "type" TEXT NOT NULL,
  "json" TEXT,
  "bytes" BLOB,
  "serialised_size" INTEGER,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "datum" (
  "id" BLOB NOT NULL,
  "hash" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "value" TEXT,
  "bytes" BLOB NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "redeemer" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "unit_mem" INTEGER NOT NULL,
  "unit_steps" INTEGER NOT NULL,
  "fee" INTEGER NOT NULL,
  "purpose" TEXT NOT NULL,
  "index" INTEGER NOT NULL,
  "script_hash" BLOB,
  "redeemer_data_id" BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "redeemer_data" (
  "id" BLOB NOT NULL,
  "hash" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "value" TEXT,
  "bytes" BLOB NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "cost_model" (
  "id" BLOB NOT NULL,
  "costs" TEXT NOT NULL,
  "hash" BLOB NOT NULL,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "stake_registration" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "epoch_no" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "deposit" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "stake_deregistration" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "epoch_no" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "redeemer_id" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "delegation" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "pool_hash_id" BLOB NOT NULL,
  "active_epoch_no" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "slot_no" INTEGER NOT NULL,
  "redeemer_id" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_update" (
  "id" INTEGER PRIMARY KEY,
  "hash_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "vrf_key_hash" BLOB NOT NULL,
  "pledge" ANY NOT NULL,
  "reward_addr_id" BLOB NOT NULL,
  "active_epoch_no" INTEGER,
  "meta_id" BLOB,
  "margin" REAL NOT NULL,
  "fixed_cost" ANY NOT NULL,
  "registered_tx_id" INTEGER NOT NULL,
  "deposit" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_owner" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "pool_update_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_relay" (
  "id" INTEGER PRIMARY KEY,
  "update_id" INTEGER NOT NULL,
  "ipv4" TEXT,
  "ipv6" TEXT,
  "dns_name" TEXT,
  "dns_srv_name" TEXT,
  "port" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_retire" (
  "id" INTEGER PRIMARY KEY,
  "hash_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "announced_tx_id" INTEGER NOT NULL,
  "retiring_epoch" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "pool_metadata_ref" (
  "id" BLOB NOT NULL,
  "pool_id" BLOB NOT NULL,
  "url" TEXT NOT NULL,
  "hash" BLOB NOT NULL,
  "registered_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "treasury" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "reserve" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "pot_transfer" (
  "id" INTEGER PRIMARY KEY,
  "cert_index" INTEGER NOT NULL,
  "treasury" INTEGER NOT NULL,
  "reserves" INTEGER NOT NULL,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "param_proposal" (
  "id" INTEGER PRIMARY KEY,
  "epoch_no" ANY,
  "key" BLOB,
  "min_fee_a" ANY,
  "min_fee_b" ANY,
  "max_block_size" ANY,
  "max_tx_size" ANY,
  "max_bh_size" ANY,
  "key_deposit" ANY,
  "pool_deposit" ANY,
  "max_epoch" ANY,
  "optimal_pool_count" ANY,
  "influence" REAL,
  "monetary_expand_rate" REAL,
  "treasury_growth_rate" REAL,
  "decentralisation" REAL,
  "min_pool_cost" ANY,
  "coins_per_utxo_size" ANY,
  "price_mem" REAL,
  "price_step" REAL,
  "max_tx_ex_mem" ANY,
  "max_tx_ex_steps" ANY,
  "max_block_ex_mem" ANY,
  "max_block_ex_steps" ANY,
  "max_val_size" ANY,
  "collateral_percent" ANY,
  "max_collateral_inputs" ANY,
  "entropy" BLOB,
  "protocol_major" ANY,
  "protocol_minor" ANY,
  "min_utxo_value" ANY,
  "cost_model_id" BLOB,
  "registered_tx_id" INTEGER NOT NULL,
  "pvt_motion_no_confidence" REAL,
  "pvt_committee_normal" REAL,
  "pvt_committee_no_confidence" REAL,
  "pvt_hard_fork_initiation" REAL,
  "pvtpp_security_group" REAL,
  "dvt_motion_no_confidence" REAL,
  "dvt_committee_normal" REAL,
  "dvt_committee_no_confidence" REAL,
  "dvt_update_to_constitution" REAL,
  "dvt_hard_fork_initiation" REAL,
  "dvt_p_p_network_group" REAL,
  "dvt_p_p_economic_group" REAL,
  "dvt_p_p_technical_group" REAL,
  "dvt_p_p_gov_group" REAL,
  "dvt_treasury_withdrawal" REAL,
  "committee_min_size" ANY,
  "committee_max_term_length" ANY,
  "gov_action_lifetime" ANY,
  "gov_action_deposit" ANY,
  "drep_deposit" ANY,
  "drep_activity" ANY,
  "min_fee_ref_script_cost_per_byte" REAL
) STRICT;
CREATE TABLE IF NOT EXISTS "withdrawal" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "amount" INTEGER NOT NULL,
  "redeemer_id" INTEGER,
  "tx_id" INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "drep_hash" (
  "id" BLOB NOT NULL,
  "raw" BLOB,
  "view" TEXT NOT NULL,
  "has_script" INTEGER NOT NULL,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "drep_registration" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "deposit" INTEGER,
  "drep_hash_id" BLOB NOT NULL,
  "voting_anchor_id" BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS "delegation_vote" (
  "id" INTEGER PRIMARY KEY,
  "addr_id" BLOB NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "drep_hash_id" BLOB NOT NULL,
  "tx_id" INTEGER NOT NULL,
  "redeemer_id" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "committee_hash" (
  "id" BLOB NOT NULL,
  "raw" BLOB NOT NULL,
  "has_script" INTEGER NOT NULL,
  "first_tx_id" INTEGER NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "committee_registration" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "cold_key_id" BLOB NOT NULL,
  "hot_key_id" BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "committee_de_registration" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "cert_index" INTEGER NOT NULL,
  "cold_key_id" BLOB NOT NULL,
  "voting_anchor_id" BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS "voting_anchor" (
  "id" BLOB NOT NULL,
  "block_id" INTEGER NOT NULL,
  "data_hash" BLOB NOT NULL,
  "url" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  PRIMARY KEY ("id")
) STRICT;
CREATE TABLE IF NOT EXISTS "gov_action_proposal" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "prev_gov_action_proposal" INTEGER,
  "deposit" INTEGER NOT NULL,
  "return_address" BLOB NOT NULL,
  "expiration" INTEGER,
  "voting_anchor_id" BLOB,
  "type" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "param_proposal" INTEGER,
  "ratified_epoch" INTEGER,
  "enacted_epoch" INTEGER,
  "dropped_epoch" INTEGER,
  "expired_epoch" INTEGER,
  "prev_tx_hash" BLOB,
  "prev_index" INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS "treasury_withdrawal" (
  "id" INTEGER PRIMARY KEY,
  "gov_action_proposal_id" INTEGER NOT NULL,
  "stake_address_id" BLOB NOT NULL,
  "amount" ANY NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "committee" (
  "id" INTEGER PRIMARY KEY,
  "gov_action_proposal_id" INTEGER,
  "quorum_numerator" ANY NOT NULL,
  "quorum_denominator" ANY NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "committee_member" (
  "id" INTEGER PRIMARY KEY,
  "committee_id" INTEGER NOT NULL,
  "committee_hash_id" BLOB NOT NULL,
  "expiration_epoch" ANY NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "constitution" (
  "id" INTEGER PRIMARY KEY,
  "gov_action_proposal_id" INTEGER,
  "voting_anchor_id" BLOB NOT NULL,
  "script_hash" BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS "voting_procedure" (
  "id" INTEGER PRIMARY KEY,
  "tx_id" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "gov_action_proposal_id" INTEGER,
  "voter_role" TEXT NOT NULL,
  "committee_voter" BLOB,
  "drep_voter" BLOB,
  "pool_voter" BLOB,
  "vote" TEXT NOT NULL,
  "voting_anchor_id" BLOB,
  "invalid" INTEGER,
  "gov_action_tx_hash" BLOB NOT NULL,
  "gov_action_index" INTEGER NOT NULL
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
CREATE INDEX IF NOT EXISTS "idx_tx_out_address" ON "tx_out" ("address");
CREATE INDEX IF NOT EXISTS "idx_tx_out_payment_cred" ON "tx_out" ("payment_cred");
CREATE INDEX IF NOT EXISTS "idx_tx_out_stake_address_id" ON "tx_out" ("stake_address_id");
CREATE INDEX IF NOT EXISTS "idx_collateral_tx_in_tx_in_id" ON "collateral_tx_in" ("tx_in_id");
CREATE INDEX IF NOT EXISTS "idx_reference_tx_in_tx_in_id" ON "reference_tx_in" ("tx_in_id");
CREATE INDEX IF NOT EXISTS "idx_extra_key_witness_tx_id" ON "extra_key_witness" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_stake_address_view" ON "stake_address" ("view");
CREATE INDEX IF NOT EXISTS "idx_multi_asset_policy" ON "multi_asset" ("policy");
CREATE INDEX IF NOT EXISTS "idx_multi_asset_fingerprint" ON "multi_asset" ("fingerprint");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_mint_ident" ON "ma_tx_mint" ("ident");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_out_ident" ON "ma_tx_out" ("ident");
CREATE INDEX IF NOT EXISTS "idx_ma_tx_out_tx_out_id" ON "ma_tx_out" ("tx_out_id");
CREATE INDEX IF NOT EXISTS "idx_tx_metadata_key" ON "tx_metadata" ("key");
CREATE INDEX IF NOT EXISTS "idx_tx_metadata_tx_id" ON "tx_metadata" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_redeemer_tx_id" ON "redeemer" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_redeemer_script_hash" ON "redeemer" ("script_hash");
CREATE INDEX IF NOT EXISTS "idx_stake_registration_addr_id" ON "stake_registration" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_stake_registration_tx_id" ON "stake_registration" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_stake_deregistration_addr_id" ON "stake_deregistration" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_stake_deregistration_tx_id" ON "stake_deregistration" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_delegation_addr_id" ON "delegation" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_delegation_pool_hash_id" ON "delegation" ("pool_hash_id");
CREATE INDEX IF NOT EXISTS "idx_delegation_tx_id" ON "delegation" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_pool_update_hash_id" ON "pool_update" ("hash_id");
CREATE INDEX IF NOT EXISTS "idx_pool_update_registered_tx_id" ON "pool_update" ("registered_tx_id");
CREATE INDEX IF NOT EXISTS "idx_pool_owner_pool_update_id" ON "pool_owner" ("pool_update_id");
CREATE INDEX IF NOT EXISTS "idx_pool_relay_update_id" ON "pool_relay" ("update_id");
CREATE INDEX IF NOT EXISTS "idx_pool_retire_hash_id" ON "pool_retire" ("hash_id");
CREATE INDEX IF NOT EXISTS "idx_treasury_addr_id" ON "treasury" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_reserve_addr_id" ON "reserve" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_withdrawal_addr_id" ON "withdrawal" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_withdrawal_tx_id" ON "withdrawal" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_drep_hash_raw" ON "drep_hash" ("raw");
CREATE INDEX IF NOT EXISTS "idx_drep_registration_drep_hash_id" ON "drep_registration" ("drep_hash_id");
CREATE INDEX IF NOT EXISTS "idx_delegation_vote_addr_id" ON "delegation_vote" ("addr_id");
CREATE INDEX IF NOT EXISTS "idx_delegation_vote_drep_hash_id" ON "delegation_vote" ("drep_hash_id");
CREATE INDEX IF NOT EXISTS "idx_gov_action_proposal_tx_id" ON "gov_action_proposal" ("tx_id");
CREATE INDEX IF NOT EXISTS "idx_treasury_withdrawal_gov_action_proposal_id" ON "treasury_withdrawal" ("gov_action_proposal_id");
CREATE INDEX IF NOT EXISTS "idx_committee_member_committee_id" ON "committee_member" ("committee_id");
CREATE INDEX IF NOT EXISTS "idx_voting_procedure_gov_action_proposal_id" ON "voting_procedure" ("gov_action_proposal_id");
CREATE INDEX IF NOT EXISTS "idx_voting_procedure_tx_id" ON "voting_procedure" ("tx_id");

-- Views
CREATE VIEW IF NOT EXISTS "utxo_view" AS
SELECT t.* FROM "tx_out" t
WHERE t."consumed_by_tx_id" IS NULL AND t."id" >= 0;
