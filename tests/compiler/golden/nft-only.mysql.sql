-- Nectar plan nft-only on mainnet
-- fingerprint 2dbee5aa60cbaa12d02f2e0a455d597068d15c64
-- One text for MySQL 8, MariaDB 10.6 and TiDB: what stands in /*T! */ is read by TiDB alone.

-- Tables
CREATE TABLE IF NOT EXISTS `nectar_checkpoint` (
  `seq` BIGINT NOT NULL,
  `slot` BIGINT NOT NULL,
  `hash` LONGBLOB NOT NULL,
  `block_no` BIGINT NOT NULL,
  `highest_block_no` BIGINT NOT NULL,
  `fingerprint` VARCHAR(64) NOT NULL,
  `writer` LONGTEXT NOT NULL,
  PRIMARY KEY (`seq`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `nectar_coverage` (
  `table_name` VARCHAR(64) NOT NULL,
  `first_slot` BIGINT NOT NULL,
  `last_slot` BIGINT NOT NULL,
  `fingerprint` VARCHAR(64) NOT NULL,
  `complete` TINYINT NOT NULL,
  PRIMARY KEY (`table_name`, `first_slot`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `nectar_plan` (
  `fingerprint` VARCHAR(64) NOT NULL,
  `name` LONGTEXT NOT NULL,
  `compiled` LONGTEXT NOT NULL,
  `version` LONGTEXT NOT NULL,
  PRIMARY KEY (`fingerprint`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `nectar_quarantine` (
  `slot` BIGINT NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `era` BIGINT NULL,
  `code` VARCHAR(64) NOT NULL,
  `path` LONGTEXT NOT NULL,
  `message` LONGTEXT NOT NULL,
  `raw` LONGBLOB NOT NULL,
  PRIMARY KEY (`slot`, `hash`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `nectar_writer` (
  `id` BIGINT NOT NULL,
  `seq` BIGINT NOT NULL,
  `finished` BIGINT NOT NULL,
  `writer` LONGTEXT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `nectar_connection` (
  `at` VARCHAR(64) NOT NULL,
  `attempt` VARCHAR(64) NOT NULL,
  `who` LONGTEXT NOT NULL,
  `place` LONGTEXT NOT NULL,
  `tls` LONGTEXT NOT NULL,
  `fingerprint` VARCHAR(64) NOT NULL,
  `outcome` VARCHAR(64) NOT NULL,
  `seconds` DOUBLE NOT NULL,
  PRIMARY KEY (`at`, `attempt`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `block` (
  `id` BIGINT NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `epoch_no` BIGINT NULL,
  `slot_no` BIGINT NULL,
  `epoch_slot_no` BIGINT NULL,
  `block_no` BIGINT NULL,
  `previous_id` BIGINT NULL,
  `slot_leader_id` BINARY(28) NOT NULL,
  `size` BIGINT NOT NULL,
  `time` DATETIME NOT NULL,
  `tx_count` BIGINT NOT NULL,
  `proto_major` BIGINT NOT NULL,
  `proto_minor` BIGINT NOT NULL,
  `vrf_key` LONGTEXT NULL,
  `op_cert` BINARY(32) NULL,
  `op_cert_counter` BIGINT UNSIGNED NULL,
  `previous_hash` LONGBLOB NOT NULL,
  `out_sum` BIGINT NOT NULL,
  `fees` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `slot_leader` (
  `id` BINARY(28) NOT NULL,
  `hash` BINARY(28) NOT NULL,
  `pool_hash_id` BINARY(28) NULL,
  `description` LONGTEXT NOT NULL,
  `first_block_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_hash` (
  `id` BINARY(28) NOT NULL,
  `hash_raw` BINARY(28) NOT NULL,
  `view` LONGTEXT NOT NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `epoch` (
  `id` BIGINT NOT NULL,
  `out_sum` DECIMAL(39,0) NOT NULL,
  `fees` BIGINT NULL,
  `tx_count` BIGINT NOT NULL,
  `blk_count` BIGINT NOT NULL,
  `no` BIGINT NOT NULL,
  `start_time` DATETIME NOT NULL,
  `end_time` DATETIME NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `meta` (
  `id` BIGINT NOT NULL,
  `start_time` DATETIME NOT NULL,
  `network_name` VARCHAR(64) NOT NULL,
  `version` LONGTEXT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `schema_version` (
  `id` BIGINT NOT NULL,
  `stage_one` BIGINT NOT NULL,
  `stage_two` BIGINT NOT NULL,
  `stage_three` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `tx` (
  `id` BIGINT NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `block_id` BIGINT NOT NULL,
  `block_index` BIGINT NOT NULL,
  `out_sum` BIGINT NOT NULL,
  `fee` BIGINT NULL,
  `deposit` BIGINT NULL,
  `size` BIGINT NOT NULL,
  `invalid_before` BIGINT UNSIGNED NULL,
  `invalid_hereafter` BIGINT UNSIGNED NULL,
  `valid_contract` TINYINT NOT NULL,
  `script_size` BIGINT NOT NULL,
  `treasury_donation` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `tx_in` (
  `id` BIGINT NOT NULL,
  `tx_in_id` BIGINT NOT NULL,
  `tx_out_id` BIGINT NULL,
  `tx_out_index` BIGINT NOT NULL,
  `redeemer_id` BIGINT NULL,
  `tx_out_hash` BINARY(32) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `tx_out` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `index` BIGINT NOT NULL,
  `address` LONGTEXT NOT NULL,
  `address_has_script` TINYINT NOT NULL,
  `payment_cred` BINARY(28) NULL,
  `stake_address_id` BINARY(29) NULL,
  `value` BIGINT NOT NULL,
  `data_hash` BINARY(32) NULL,
  `inline_datum_id` BINARY(32) NULL,
  `reference_script_id` BINARY(28) NULL,
  `consumed_by_tx_id` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `collateral_tx_in` (
  `id` BIGINT NOT NULL,
  `tx_in_id` BIGINT NOT NULL,
  `tx_out_id` BIGINT NULL,
  `tx_out_index` BIGINT NOT NULL,
  `tx_out_hash` BINARY(32) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `reference_tx_in` (
  `id` BIGINT NOT NULL,
  `tx_in_id` BIGINT NOT NULL,
  `tx_out_id` BIGINT NULL,
  `tx_out_index` BIGINT NOT NULL,
  `tx_out_hash` BINARY(32) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `collateral_tx_out` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `index` BIGINT NOT NULL,
  `address` LONGTEXT NOT NULL,
  `address_has_script` TINYINT NOT NULL,
  `payment_cred` BINARY(28) NULL,
  `stake_address_id` BINARY(29) NULL,
  `value` BIGINT NOT NULL,
  `data_hash` BINARY(32) NULL,
  `multi_assets_descr` LONGTEXT NOT NULL,
  `inline_datum_id` BINARY(32) NULL,
  `reference_script_id` BINARY(28) NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `extra_key_witness` (
  `id` BIGINT NOT NULL,
  `hash` BINARY(28) NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `stake_address` (
  `id` BINARY(29) NOT NULL,
  `hash_raw` BINARY(29) NOT NULL,
  `view` LONGTEXT NOT NULL,
  `script_hash` BINARY(28) NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `multi_asset` (
  `id` BINARY(20) NOT NULL,
  `policy` BINARY(28) NOT NULL,
  `name` VARBINARY(32) NOT NULL,
  `fingerprint` VARCHAR(64) NOT NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `ma_tx_mint` (
  `id` BIGINT NOT NULL,
  `ident` BINARY(20) NOT NULL,
  `quantity` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `ma_tx_out` (
  `id` BIGINT NOT NULL,
  `ident` BINARY(20) NOT NULL,
  `quantity` BIGINT UNSIGNED NOT NULL,
  `tx_out_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `tx_metadata` (
  `id` BIGINT NOT NULL,
  `key` BIGINT UNSIGNED NOT NULL,
  `json` LONGTEXT NULL,
  `bytes` LONGBLOB NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Indexes built once the range is loaded
CREATE INDEX `idx_block_hash` ON `block` (`hash`);
CREATE INDEX `idx_block_slot_no` ON `block` (`slot_no`);
CREATE INDEX `idx_block_block_no` ON `block` (`block_no`);
CREATE INDEX `idx_block_epoch_no` ON `block` (`epoch_no`);
CREATE INDEX `idx_pool_hash_view` ON `pool_hash` (`view`(128));
CREATE INDEX `idx_tx_hash` ON `tx` (`hash`);
CREATE INDEX `idx_tx_block_id` ON `tx` (`block_id`);
CREATE INDEX `idx_tx_in_tx_out_hash` ON `tx_in` (`tx_out_hash`, `tx_out_index`);
CREATE INDEX `idx_tx_in_tx_in_id` ON `tx_in` (`tx_in_id`);
CREATE INDEX `idx_tx_out_address` ON `tx_out` (`address`(128));
CREATE INDEX `idx_tx_out_payment_cred` ON `tx_out` (`payment_cred`);
CREATE INDEX `idx_tx_out_stake_address_id` ON `tx_out` (`stake_address_id`);
CREATE INDEX `idx_collateral_tx_in_tx_in_id` ON `collateral_tx_in` (`tx_in_id`);
CREATE INDEX `idx_reference_tx_in_tx_in_id` ON `reference_tx_in` (`tx_in_id`);
CREATE INDEX `idx_extra_key_witness_tx_id` ON `extra_key_witness` (`tx_id`);
CREATE INDEX `idx_stake_address_view` ON `stake_address` (`view`(128));
CREATE INDEX `idx_multi_asset_policy` ON `multi_asset` (`policy`);
CREATE INDEX `idx_multi_asset_fingerprint` ON `multi_asset` (`fingerprint`);
CREATE INDEX `idx_ma_tx_mint_ident` ON `ma_tx_mint` (`ident`);
CREATE INDEX `idx_ma_tx_out_ident` ON `ma_tx_out` (`ident`);
CREATE INDEX `idx_ma_tx_out_tx_out_id` ON `ma_tx_out` (`tx_out_id`);
CREATE INDEX `idx_tx_metadata_key` ON `tx_metadata` (`key`);
CREATE INDEX `idx_tx_metadata_tx_id` ON `tx_metadata` (`tx_id`);

-- Views
CREATE OR REPLACE VIEW `utxo_view` AS
SELECT t.* FROM `tx_out` t
WHERE t.`consumed_by_tx_id` IS NULL AND t.`id` >= 0;
