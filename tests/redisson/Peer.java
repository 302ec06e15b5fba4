import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.redisson.Redisson;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** The side of tests/redisson/run that uses Redisson; peer.c says what the lines mean. */
public final class Peer {
    private static final int INSIDE = 0, TURNS = 8, VIOLATIONS = 16, LEFT_BY = 24, LEFT_NS = 32, BYTES = 40;
    private static final long WAIT_MS = 60000;
    private static final VarHandle WORD =
            MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final RedissonClient redisson;
    /** By name, because an RLock remembers the lease that its partial release gives again. */
    private final Map<String, RLock> locks = new HashMap<>();

    private Peer(RedissonClient redisson) {
        this.redisson = redisson;
    }

    private RLock lock(String name) {
        return locks.computeIfAbsent(name, redisson::getLock);
    }

    private String take(String name, long waitMs, long leaseMs) throws InterruptedException {
        return lock(name).tryLock(waitMs, leaseMs, TimeUnit.MILLISECONDS) ? "taken" : "busy";
    }

    private String release(String name) {
        RLock lock = lock(name);
        try {
            lock.unlock();
        } catch (IllegalMonitorStateException notOwner) {
            return "lost";
        }
        return lock.isHeldByCurrentThread() ? "kept" : "free";
    }

    private static long see(ByteBuffer witness, int word) {
        return (long) WORD.getVolatile(witness, word);
    }

    private static void note(ByteBuffer witness, int word, long value) {
        WORD.setVolatile(witness, word, value);
    }

    private static void rest(long microseconds) {
        if (microseconds > 0)
            LockSupport.parkNanos(microseconds * 1000);
    }

    private static void standInside(ByteBuffer witness, long who, long holdUs, long beganNs, PrintWriter samples) {
        long nowNs = System.nanoTime();
        long leftNs = see(witness, LEFT_NS);
        if (see(witness, INSIDE) != 0)
            note(witness, VIOLATIONS, see(witness, VIOLATIONS) + 1);
        note(witness, INSIDE, who);
        if (leftNs > beganNs)
            samples.println(see(witness, LEFT_BY) + " " + (nowNs - leftNs) + " " + (nowNs - beganNs));
        note(witness, TURNS, see(witness, TURNS) + 1);
        rest(holdUs);
        if (see(witness, INSIDE) != who)
            note(witness, VIOLATIONS, see(witness, VIOLATIONS) + 1);
        note(witness, INSIDE, 0);
        note(witness, LEFT_BY, who);
        note(witness, LEFT_NS, System.nanoTime());
    }

    private int turn(String name, ByteBuffer witness, long who, long holdUs, long leaseMs, PrintWriter samples) {
        try {
            RLock lock = redisson.getLock(name);
            long beganNs = System.nanoTime();
            if (!lock.tryLock(WAIT_MS, leaseMs, TimeUnit.MILLISECONDS))
                return 1;
            standInside(witness, who, holdUs, beganNs, samples);
            lock.unlock();
            return 0;
        } catch (Exception failure) {
            failure.printStackTrace();
            return 1;
        }
    }

    private int hammer(String name, String path, long who, int threads, int turns, long holdUs, long pauseUs,
            long leaseMs) throws Exception {
        AtomicInteger failures = new AtomicInteger();
        try (RandomAccessFile file = new RandomAccessFile(path, "rw");
                PrintWriter samples = new PrintWriter(path + "." + who)) {
            ByteBuffer witness = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
            Thread[] crowd = new Thread[threads];
            for (int i = 0; i < threads; i++) {
                crowd[i] = new Thread(() -> {
                    for (int turn = 0; turn < turns; turn++) {
                        failures.addAndGet(turn(name, witness, who, holdUs, leaseMs, samples));
                        rest(pauseUs);
                    }
                });
                crowd[i].start();
            }
            for (Thread thread : crowd)
                thread.join();
        }
        return failures.get();
    }

    private String answer(String[] word) throws Exception {
        switch (word[0]) {
            case "take":
                return take(word[1], Long.parseLong(word[2]), Long.parseLong(word[3]));
            case "release":
                return release(word[1]);
            case "force":
                return lock(word[1]).forceUnlock() ? "free" : "was_free";
            case "hammer":
                return "done " + hammer(word[1], word[2], Long.parseLong(word[3]), Integer.parseInt(word[4]),
                        Integer.parseInt(word[5]), Long.parseLong(word[6]), Long.parseLong(word[7]),
                        Long.parseLong(word[8]));
            default:
                return "what";
        }
    }

    public static void main(String[] args) throws Exception {
        Config config = new Config();
        /* Short, so that the test of a crash under the watchdog does not take half a minute. */
        config.setLockWatchdogTimeout(3000);
        config.useSingleServer().setAddress("redis://" + args[0] + ":" + args[1]);
        RedissonClient redisson = Redisson.create(config);
        Peer peer = new Peer(redisson);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine())
            System.out.println(peer.answer(line.split(" ")));
        redisson.shutdown();
    }
}
