import com.bloxbean.cardano.yaci.core.config.YaciConfig;
import com.bloxbean.cardano.yaci.core.model.Block;
import com.bloxbean.cardano.yaci.core.model.byron.ByronEbBlock;
import com.bloxbean.cardano.yaci.core.model.byron.ByronMainBlock;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Point;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.messages.Tip;
import com.bloxbean.cardano.yaci.core.protocol.chainsync.n2c.LocalChainSyncAgentListener;
import com.bloxbean.cardano.yaci.helper.N2CChainSyncFetcher;

/**
 * ReadChain SOCKET MAGIC COUNT [SLOT HASH]: reads COUNT blocks of a node after a point (the origin without one) and says, in
 * one line of JSON, how many came, how many transactions they have, and the last block's slot, number and hash.
 */
public class ReadChain {
    private static final long SILENCE = 10_000;

    private static long blocks;
    private static long transactions;
    private static long rollbacks;
    private static long slot = -1;
    private static long number = -1;
    private static String hash = "";
    private static volatile long last = System.currentTimeMillis();

    public static void main(String[] args) throws Exception {
        long count = Long.parseLong(args[2]);
        Point from = args.length > 3 ? new Point(Long.parseLong(args[3]), args[4]) : Point.ORIGIN;
        N2CChainSyncFetcher fetcher = new N2CChainSyncFetcher(args[0], from, Long.parseLong(args[1]), false);
        fetcher.addChainSyncListener(new LocalChainSyncAgentListener() {
            @Override
            public void rollforward(Tip tip, Block block) {
                transactions += block.getTransactionBodies().size();
                came(block.getHeader().getHeaderBody().getSlot(), block.getHeader().getHeaderBody().getBlockNumber(),
                        block.getHeader().getHeaderBody().getBlockHash());
            }

            @Override
            public void rollforwardByronEra(Tip tip, ByronMainBlock block) {
                transactions += block.getBody().getTxPayload().size();
                came(block.getHeader().getConsensusData().getAbsoluteSlot(),
                        block.getHeader().getConsensusData().getDifficulty().longValue(), block.getHeader().getBlockHash());
            }

            @Override
            public void rollforwardByronEra(Tip tip, ByronEbBlock block) {
                came(block.getHeader().getConsensusData().getAbsoluteSlot(),
                        block.getHeader().getConsensusData().getDifficulty().longValue(), block.getHeader().getBlockHash());
            }

            @Override
            public void rollbackward(Tip tip, Point point) {
                rollbacks++;
                last = System.currentTimeMillis();
            }
        });
        fetcher.start(block -> { });
        while (blocks < count && System.currentTimeMillis() - last < SILENCE) {
            Thread.sleep(20);
        }
        System.out.printf("{\"blocks\": %d, \"transactions\": %d, \"rollbacks\": %d, \"slot\": %d, \"block_no\": %d, \"hash\": \"%s\"}%n",
                blocks, transactions, rollbacks, slot, number, hash);
        System.out.flush();
        Runtime.getRuntime().halt(blocks < count ? 1 : 0);
    }

    private static void came(long atSlot, long blockNumber, String blockHash) {
        blocks++;
        slot = atSlot;
        number = blockNumber;
        hash = blockHash;
        last = System.currentTimeMillis();
    }
}
