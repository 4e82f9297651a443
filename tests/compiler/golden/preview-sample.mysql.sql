-- Nectar plan preview-sample on preview
-- fingerprint 5b0bd5b57078f8ac9aac6b257d9b384fe21b7046
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
CREATE TABLE IF NOT EXISTS `script` (
  `id` BINARY(28) NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `hash` BINARY(28) NOT NULL,
  `type` VARCHAR(64) NOT NULL,
  `json` LONGTEXT NULL,
  `bytes` LONGBLOB NULL,
  `serialised_size` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `datum` (
  `id` BINARY(32) NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `value` LONGTEXT NULL,
  `bytes` LONGBLOB NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `redeemer` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `unit_mem` BIGINT NOT NULL,
  `unit_steps` BIGINT NOT NULL,
  `fee` BIGINT NOT NULL,
  `purpose` VARCHAR(64) NOT NULL,
  `index` BIGINT NOT NULL,
  `script_hash` BINARY(28) NULL,
  `redeemer_data_id` BINARY(32) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `redeemer_data` (
  `id` BINARY(32) NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `value` LONGTEXT NULL,
  `bytes` LONGBLOB NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `cost_model` (
  `id` BINARY(32) NOT NULL,
  `costs` LONGTEXT NOT NULL,
  `hash` BINARY(32) NOT NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `stake_registration` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `epoch_no` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `deposit` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `stake_deregistration` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `epoch_no` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `redeemer_id` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `delegation` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `pool_hash_id` BINARY(28) NOT NULL,
  `active_epoch_no` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `slot_no` BIGINT NOT NULL,
  `redeemer_id` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_update` (
  `id` BIGINT NOT NULL,
  `hash_id` BINARY(28) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `vrf_key_hash` BINARY(32) NOT NULL,
  `pledge` BIGINT UNSIGNED NOT NULL,
  `reward_addr_id` BINARY(29) NOT NULL,
  `active_epoch_no` BIGINT NULL,
  `meta_id` BINARY(32) NULL,
  `margin` DOUBLE NOT NULL,
  `fixed_cost` BIGINT UNSIGNED NOT NULL,
  `registered_tx_id` BIGINT NOT NULL,
  `deposit` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_owner` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `pool_update_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_relay` (
  `id` BIGINT NOT NULL,
  `update_id` BIGINT NOT NULL,
  `ipv4` LONGTEXT NULL,
  `ipv6` LONGTEXT NULL,
  `dns_name` LONGTEXT NULL,
  `dns_srv_name` LONGTEXT NULL,
  `port` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_retire` (
  `id` BIGINT NOT NULL,
  `hash_id` BINARY(28) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `announced_tx_id` BIGINT NOT NULL,
  `retiring_epoch` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pool_metadata_ref` (
  `id` BINARY(32) NOT NULL,
  `pool_id` BINARY(28) NOT NULL,
  `url` LONGTEXT NOT NULL,
  `hash` LONGBLOB NOT NULL,
  `registered_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `treasury` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `amount` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `reserve` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `amount` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `pot_transfer` (
  `id` BIGINT NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `treasury` BIGINT NOT NULL,
  `reserves` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `param_proposal` (
  `id` BIGINT NOT NULL,
  `epoch_no` BIGINT UNSIGNED NULL,
  `key` BINARY(28) NULL,
  `min_fee_a` BIGINT UNSIGNED NULL,
  `min_fee_b` BIGINT UNSIGNED NULL,
  `max_block_size` BIGINT UNSIGNED NULL,
  `max_tx_size` BIGINT UNSIGNED NULL,
  `max_bh_size` BIGINT UNSIGNED NULL,
  `key_deposit` BIGINT UNSIGNED NULL,
  `pool_deposit` BIGINT UNSIGNED NULL,
  `max_epoch` BIGINT UNSIGNED NULL,
  `optimal_pool_count` BIGINT UNSIGNED NULL,
  `influence` DOUBLE NULL,
  `monetary_expand_rate` DOUBLE NULL,
  `treasury_growth_rate` DOUBLE NULL,
  `decentralisation` DOUBLE NULL,
  `min_pool_cost` BIGINT UNSIGNED NULL,
  `coins_per_utxo_size` BIGINT UNSIGNED NULL,
  `price_mem` DOUBLE NULL,
  `price_step` DOUBLE NULL,
  `max_tx_ex_mem` BIGINT UNSIGNED NULL,
  `max_tx_ex_steps` BIGINT UNSIGNED NULL,
  `max_block_ex_mem` BIGINT UNSIGNED NULL,
  `max_block_ex_steps` BIGINT UNSIGNED NULL,
  `max_val_size` BIGINT UNSIGNED NULL,
  `collateral_percent` BIGINT UNSIGNED NULL,
  `max_collateral_inputs` BIGINT UNSIGNED NULL,
  `entropy` BINARY(32) NULL,
  `protocol_major` BIGINT UNSIGNED NULL,
  `protocol_minor` BIGINT UNSIGNED NULL,
  `min_utxo_value` BIGINT UNSIGNED NULL,
  `cost_model_id` BINARY(32) NULL,
  `registered_tx_id` BIGINT NOT NULL,
  `pvt_motion_no_confidence` DOUBLE NULL,
  `pvt_committee_normal` DOUBLE NULL,
  `pvt_committee_no_confidence` DOUBLE NULL,
  `pvt_hard_fork_initiation` DOUBLE NULL,
  `pvtpp_security_group` DOUBLE NULL,
  `dvt_motion_no_confidence` DOUBLE NULL,
  `dvt_committee_normal` DOUBLE NULL,
  `dvt_committee_no_confidence` DOUBLE NULL,
  `dvt_update_to_constitution` DOUBLE NULL,
  `dvt_hard_fork_initiation` DOUBLE NULL,
  `dvt_p_p_network_group` DOUBLE NULL,
  `dvt_p_p_economic_group` DOUBLE NULL,
  `dvt_p_p_technical_group` DOUBLE NULL,
  `dvt_p_p_gov_group` DOUBLE NULL,
  `dvt_treasury_withdrawal` DOUBLE NULL,
  `committee_min_size` BIGINT UNSIGNED NULL,
  `committee_max_term_length` BIGINT UNSIGNED NULL,
  `gov_action_lifetime` BIGINT UNSIGNED NULL,
  `gov_action_deposit` BIGINT UNSIGNED NULL,
  `drep_deposit` BIGINT UNSIGNED NULL,
  `drep_activity` BIGINT UNSIGNED NULL,
  `min_fee_ref_script_cost_per_byte` DOUBLE NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `withdrawal` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `amount` BIGINT NOT NULL,
  `redeemer_id` BIGINT NULL,
  `tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `drep_hash` (
  `id` VARBINARY(64) NOT NULL,
  `raw` BINARY(28) NULL,
  `view` LONGTEXT NOT NULL,
  `has_script` TINYINT NOT NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `drep_registration` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `deposit` BIGINT NULL,
  `drep_hash_id` VARBINARY(64) NOT NULL,
  `voting_anchor_id` BINARY(32) NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `delegation_vote` (
  `id` BIGINT NOT NULL,
  `addr_id` BINARY(29) NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `drep_hash_id` VARBINARY(64) NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `redeemer_id` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `committee_hash` (
  `id` VARBINARY(64) NOT NULL,
  `raw` BINARY(28) NOT NULL,
  `has_script` TINYINT NOT NULL,
  `first_tx_id` BIGINT NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `committee_registration` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `cold_key_id` VARBINARY(64) NOT NULL,
  `hot_key_id` VARBINARY(64) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `committee_de_registration` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `cert_index` BIGINT NOT NULL,
  `cold_key_id` VARBINARY(64) NOT NULL,
  `voting_anchor_id` BINARY(32) NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `voting_anchor` (
  `id` BINARY(32) NOT NULL,
  `block_id` BIGINT NOT NULL,
  `data_hash` BINARY(32) NOT NULL,
  `url` LONGTEXT NOT NULL,
  `type` VARCHAR(64) NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `gov_action_proposal` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `index` BIGINT NOT NULL,
  `prev_gov_action_proposal` BIGINT NULL,
  `deposit` BIGINT NOT NULL,
  `return_address` BINARY(29) NOT NULL,
  `expiration` BIGINT NULL,
  `voting_anchor_id` BINARY(32) NULL,
  `type` VARCHAR(64) NOT NULL,
  `description` LONGTEXT NOT NULL,
  `param_proposal` BIGINT NULL,
  `ratified_epoch` BIGINT NULL,
  `enacted_epoch` BIGINT NULL,
  `dropped_epoch` BIGINT NULL,
  `expired_epoch` BIGINT NULL,
  `prev_tx_hash` BINARY(32) NULL,
  `prev_index` BIGINT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `treasury_withdrawal` (
  `id` BIGINT NOT NULL,
  `gov_action_proposal_id` BIGINT NOT NULL,
  `stake_address_id` BINARY(29) NOT NULL,
  `amount` BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `committee` (
  `id` BIGINT NOT NULL,
  `gov_action_proposal_id` BIGINT NULL,
  `quorum_numerator` BIGINT UNSIGNED NOT NULL,
  `quorum_denominator` BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `committee_member` (
  `id` BIGINT NOT NULL,
  `committee_id` BIGINT NOT NULL,
  `committee_hash_id` VARBINARY(64) NOT NULL,
  `expiration_epoch` BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `constitution` (
  `id` BIGINT NOT NULL,
  `gov_action_proposal_id` BIGINT NULL,
  `voting_anchor_id` BINARY(32) NOT NULL,
  `script_hash` BINARY(28) NULL,
  PRIMARY KEY (`id`) /*T![clustered_index] CLUSTERED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS `voting_procedure` (
  `id` BIGINT NOT NULL,
  `tx_id` BIGINT NOT NULL,
  `index` BIGINT NOT NULL,
  `gov_action_proposal_id` BIGINT NULL,
  `voter_role` VARCHAR(64) NOT NULL,
  `committee_voter` VARBINARY(64) NULL,
  `drep_voter` VARBINARY(64) NULL,
  `pool_voter` BINARY(28) NULL,
  `vote` VARCHAR(64) NOT NULL,
  `voting_anchor_id` BINARY(32) NULL,
  `invalid` BIGINT NULL,
  `gov_action_tx_hash` BINARY(32) NOT NULL,
  `gov_action_index` BIGINT NOT NULL,
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
CREATE INDEX `idx_redeemer_tx_id` ON `redeemer` (`tx_id`);
CREATE INDEX `idx_redeemer_script_hash` ON `redeemer` (`script_hash`);
CREATE INDEX `idx_stake_registration_addr_id` ON `stake_registration` (`addr_id`);
CREATE INDEX `idx_stake_registration_tx_id` ON `stake_registration` (`tx_id`);
CREATE INDEX `idx_stake_deregistration_addr_id` ON `stake_deregistration` (`addr_id`);
CREATE INDEX `idx_stake_deregistration_tx_id` ON `stake_deregistration` (`tx_id`);
CREATE INDEX `idx_delegation_addr_id` ON `delegation` (`addr_id`);
CREATE INDEX `idx_delegation_pool_hash_id` ON `delegation` (`pool_hash_id`);
CREATE INDEX `idx_delegation_tx_id` ON `delegation` (`tx_id`);
CREATE INDEX `idx_pool_update_hash_id` ON `pool_update` (`hash_id`);
CREATE INDEX `idx_pool_update_registered_tx_id` ON `pool_update` (`registered_tx_id`);
CREATE INDEX `idx_pool_owner_pool_update_id` ON `pool_owner` (`pool_update_id`);
CREATE INDEX `idx_pool_relay_update_id` ON `pool_relay` (`update_id`);
CREATE INDEX `idx_pool_retire_hash_id` ON `pool_retire` (`hash_id`);
CREATE INDEX `idx_treasury_addr_id` ON `treasury` (`addr_id`);
CREATE INDEX `idx_reserve_addr_id` ON `reserve` (`addr_id`);
CREATE INDEX `idx_withdrawal_addr_id` ON `withdrawal` (`addr_id`);
CREATE INDEX `idx_withdrawal_tx_id` ON `withdrawal` (`tx_id`);
CREATE INDEX `idx_drep_hash_raw` ON `drep_hash` (`raw`);
CREATE INDEX `idx_drep_registration_drep_hash_id` ON `drep_registration` (`drep_hash_id`);
CREATE INDEX `idx_delegation_vote_addr_id` ON `delegation_vote` (`addr_id`);
CREATE INDEX `idx_delegation_vote_drep_hash_id` ON `delegation_vote` (`drep_hash_id`);
CREATE INDEX `idx_gov_action_proposal_tx_id` ON `gov_action_proposal` (`tx_id`);
CREATE INDEX `idx_treasury_withdrawal_gov_action_proposal_id` ON `treasury_withdrawal` (`gov_action_proposal_id`);
CREATE INDEX `idx_committee_member_committee_id` ON `committee_member` (`committee_id`);
CREATE INDEX `idx_voting_procedure_gov_action_proposal_id` ON `voting_procedure` (`gov_action_proposal_id`);
CREATE INDEX `idx_voting_procedure_tx_id` ON `voting_procedure` (`tx_id`);

-- Views
CREATE OR REPLACE VIEW `utxo_view` AS
SELECT t.* FROM `tx_out` t
WHERE t.`consumed_by_tx_id` IS NULL AND t.`id` >= 0;
