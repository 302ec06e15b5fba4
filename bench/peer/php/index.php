<?php
// The same three answers in plain PHP, as a careful LAMP developer would write them: one file, no framework, persistent
// connections over unix sockets, the same scripts in Redis, the same rows and the same order of locks in MySQL.
declare(strict_types=1);

$site = require __DIR__ . '/site.php';

final class Refusal extends Exception
{
    public function __construct(public int $status, public string $refusal, public array $more = [])
    {
        parent::__construct($refusal);
    }
}

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: ' . ($status < 400 ? 'application/json' : 'application/problem+json'));
    header('Cache-Control: no-store');
    echo json_encode($body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    exit;
}

function iso(int $ms): string
{
    return gmdate('Y-m-d\TH:i:s', intdiv($ms, 1000)) . sprintf('.%03dZ', $ms % 1000);
}

function now_ms(): int
{
    return (int) (microtime(true) * 1000);
}

// ---- who is calling ---------------------------------------------------------------------------------------------------

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function tag(string $key, string $purpose, string $message): string
{
    return sodium_crypto_generichash("$purpose\0$message", $key, 16);
}

/** The account and session of the token; its session is looked for among the dead by the script that follows. */
function caller(array $site): array
{
    $header = $_SERVER['HTTP_AUTHORIZATION'] ?? '';
    if (strncasecmp($header, 'Bearer ', 7) !== 0) {
        throw new Refusal(401, 'not_signed_in');
    }
    $bytes = base64_decode(strtr(substr($header, 7), '-_', '+/'), false);
    if ($bytes === false || strlen($bytes) !== 1 + 34 + 16) {
        throw new Refusal(401, 'not_signed_in');
    }
    $message = substr($bytes, 0, -16);
    $key = $site['keys'][ord($bytes[0])] ?? null;
    if ($key === null || !hash_equals(tag($key, 'token', $message), substr($bytes, -16))) {
        throw new Refusal(401, 'not_signed_in');
    }
    $token = unpack('Cid/Cversion/Crole/a16session/Paccount/Pends', $message);
    if ($token['version'] !== 1 || $token['ends'] <= now_ms()) {
        throw new Refusal(401, 'not_signed_in');
    }
    return [$token['account'], bin2hex($token['session'])];
}

// ---- Redis ------------------------------------------------------------------------------------------------------------

function redis(array $site): Redis
{
    static $redis = null;
    if ($redis === null) {
        $redis = new Redis();
        $redis->pconnect($site['redis'], 0, 1.0);
    }
    return $redis;
}

/**
 * Which run of Redis this is. What a process knows is gone with the request, so all of them keep it together, for a
 * second: a Redis that came back with an old file is believed for no longer.
 */
function redis_run(array $site): string
{
    $run = apcu_fetch('redis_run');
    if ($run === false) {
        $run = redis($site)->info('server')['run_id'];
        apcu_store('redis_run', $run, 1);
    }
    return $run;
}

/**
 * What evalSha wants for a script of one concert: names become keys of its hash tag, the concert's own keys and the
 * session are added.
 */
function concert_call(array $site, string $script, int $concert, array $names, array $args, string $session): array
{
    $keys = [];
    foreach ([...$names, 'concert', 'revoked'] as $name) {
        $colon = strpos($name, ':');
        $keys[] = $colon === false ? "$name:{c$concert}"
            : substr($name, 0, $colon) . ":{c$concert}" . substr($name, $colon);
    }
    return [$site['scripts'][$script], [...$keys, ...$args, redis_run($site), $session], count($keys)];
}

function concert_script(array $site, string $script, int $concert, array $names, array $args, string $session): array
{
    $reply = redis($site)->evalSha(...concert_call($site, $script, $concert, $names, $args, $session));
    if (!is_array($reply) || $reply[0] === 'cold') {
        throw new Refusal(503, 'unavailable');
    }
    if ($reply[0] === 'signed_out') {
        throw new Refusal(401, 'not_signed_in');
    }
    return $reply;
}

// ---- the queue --------------------------------------------------------------------------------------------------------

/** The range of the wait, or the reason why there is none. */
function estimate(string $state, int $ahead, string $sale, float $low, float $high): array
{
    if ($state !== 'waiting') {
        return [null, 'not_waiting'];
    }
    if ($sale !== 'open' && $sale !== 'draining') {
        return [null, $sale === 'pre' ? 'not_open_yet' : $sale];
    }
    if ($low <= 0 || $high < $low) {
        return [null, 'too_little_known'];
    }
    $slack = 1.3 * sqrt(($ahead + 1) * 2);
    return [['low_s' => (int) floor(max(0, $ahead - $slack) * 60 / $high),
        'high_s' => (int) ceil(($ahead + 1 + $slack) * 60 / $low)], null];
}

function get_queue(array $site, int $concert): never
{
    [$account, $session] = caller($site);
    [, $state, $number, $ahead, $deadline, $now, $sale, $told, $low, $high] = concert_script($site, 'queues_find',
        $concert, ['wait', 'admitted', 'active', 'places', 'early', 'away', 'sold', 'gate', 'seen', 'early_seen', 'totals'],
        [$account], $session);
    if ($state === 'none') {
        answer(200, ['state' => 'none', 'server_now' => iso($now)]);
    }
    $early = $state === 'early';
    $id = array_key_first($site['keys']);
    $message = chr($id) . pack('JJJJC', $concert, $account, $number, $now, $early ? 1 : 0);
    $ticket = base64url($message . tag($site['keys'][$id], 'ticket', $message));
    $poll = match (true) {
        $state === 'active' => 30000,
        $state === 'admitted' => 2000,
        $early => $told + random_int(0, min(intdiv($ahead, 5), 60000)),
        default => random_int(intdiv($told * 3, 4), $told),
    };
    [$estimate, $reason] = estimate($early ? 'waiting' : $state, $ahead, $early ? 'pre' : $sale, $low / 1000, $high / 1000);
    answer(200, ['state' => $early ? 'waiting' : $state, 'number' => $number, 'ahead' => $ahead, 'early' => $early,
        'estimate' => $estimate, 'estimate_reason' => $reason, 'next_poll_ms' => $poll, 'ticket' => $ticket,
        'expires_at' => $deadline ? iso($deadline) : null, 'server_now' => iso($now)]);
}

// ---- holds ------------------------------------------------------------------------------------------------------------

function body(): array
{
    $body = json_decode(file_get_contents('php://input'), true, 16);
    if (!is_array($body)) {
        throw new Refusal(400, 'bad_json');
    }
    return $body;
}

function post_holds(array $site, int $concert): never
{
    [$account, $session] = caller($site);
    $plan = $site['plans'][$concert] ?? throw new Refusal(404, 'not_found');
    $seats = body()['seats'] ?? null;
    if (!is_array($seats) || count($seats) < 1 || count($seats) > 8 || count(array_unique($seats)) !== count($seats)) {
        throw new Refusal(422, 'bad_value', ['field' => 'seats']);
    }
    foreach ($seats as $seat) {
        if (!is_int($seat) || $seat < 1 || $seat > $plan['seats']) {
            throw new Refusal(422, 'bad_value', ['field' => 'seats']);
        }
    }
    $reply = concert_script($site, 'seat_holds_place', $concert, ['admitted', 'active', 'places', 'sold', 'hold', 'holds',
        "held:$account", 'hold_bits', 'version', "extended:$account", 'totals'],
        [$account, 60000, count($seats), ...$seats], $session);
    match ($reply[0]) {
        'taken' => throw new Refusal(409, 'seat_taken', ['seats' => array_slice($reply, 1)]),
        'limit' => throw new Refusal(409, 'hold_limit'),
        'not_admitted', 'not_open_yet' => throw new Refusal(403, $reply[0]),
        'closed' => throw new Refusal(409, 'closed'),
        'held' => null,
    };
    $holds = [];
    $ends = PHP_INT_MAX;
    for ($i = 4; $i < count($reply); $i += 2) {
        $ends = min($ends, $reply[$i + 1]);
        $holds[] = ['reservation_number' => "{$plan['date']}.$concert.{$reply[$i]}", 'seat' => $reply[$i],
            'price' => $plan['price'], 'expires_at' => iso($reply[$i + 1])];
    }
    answer(201, ['holds' => $holds, 'amount' => count($holds) * $plan['price'], 'expires_at' => iso($ends),
        'server_now' => iso($reply[2])]);
}

// ---- payments ---------------------------------------------------------------------------------------------------------

function mysql(array $site): PDO
{
    static $mysql = null;
    if ($mysql === null) {
        // Persistent, and statements put together here: a prepare of its own would be a further round trip each time.
        $mysql = new PDO($site['mysql'], 'frontrow', $site['password'], [PDO::ATTR_PERSISTENT => true,
            PDO::ATTR_EMULATE_PREPARES => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::MYSQL_ATTR_FOUND_ROWS => true]);
    }
    return $mysql;
}

function change(PDO $mysql, string $sql, array $args): int
{
    $statement = $mysql->prepare($sql);
    $statement->execute($args);
    return $statement->rowCount();
}

/**
 * One change of an account's points at a time: SET NX with an owner, waited for by asking again. What else Redis is to
 * hear, calls of evalSha, goes along with the release.
 */
function with_lock(array $site, int $account, callable $what, array $along): array
{
    $redis = redis($site);
    $owner = bin2hex(random_bytes(16));
    $until = microtime(true) + 3;
    while (!$redis->set("lock:user$account", $owner, ['NX', 'PX' => 15000])) {
        if (microtime(true) > $until) {
            throw new Refusal(503, 'busy', ['retry_after_ms' => 1000]);
        }
        usleep(5000);
    }
    $calls = [[$site['scripts']['lock_release'], ["lock:user$account", $owner], 1]];
    try {
        $result = $what();
        array_push($calls, ...$along);
    } finally {
        tell($redis, $calls);
    }
    return $result;
}

/** What it does not hear the lock's own end brings about, and the event. */
function tell(Redis $redis, array $calls): void
{
    try {
        $redis->pipeline();
        foreach ($calls as $call) {
            $redis->evalSha(...$call);
        }
        $redis->exec();
    } catch (RedisException $error) {
        error_log($error->getMessage());
    }
}

function stored_answer(PDO $mysql, int $account, string $key, string $fingerprint): ?array
{
    $statement = $mysql->prepare('SELECT fingerprint, answer FROM idempotency WHERE account_id = ? AND idempotency_key = ?
        FOR UPDATE');
    $statement->execute([$account, $key]);
    $row = $statement->fetch(PDO::FETCH_NUM);
    if ($row === false) {
        return null;
    }
    if ($row[0] !== $fingerprint) {
        throw new Refusal(422, 'key_reused');
    }
    return json_decode($row[1], true);
}

/** The whole transaction, again after a deadlock. A key that is there already means: answered before. */
function pay(PDO $mysql, int $account, int $concert, array $plan, array $seats, int $place, string $key,
    string $fingerprint): array
{
    $amount = count($seats) * $plan['price'];
    $now = now_ms();
    $at = gmdate('Y-m-d H:i:s', intdiv($now, 1000)) . sprintf('.%03d', $now % 1000);
    $numbers = array_map(fn (int $seat): string => "{$plan['date']}.$concert.$seat", $seats);
    for ($tries = 1; ; $tries++) {
        $mysql->beginTransaction();
        try {
            if (change($mysql, 'UPDATE account SET points = LAST_INSERT_ID(points - ?) WHERE account_id = ? AND points >= ?',
                [$amount, $account, $amount]) !== 1) {
                throw new Refusal(402, 'points_too_few');
            }
            $balance = (int) $mysql->lastInsertId();
            change($mysql, 'INSERT INTO payment (account_id, concert_id, amount, paid_at) VALUES (?, ?, ?, ?)',
                [$account, $concert, $amount, $at]);
            $payment = (int) $mysql->lastInsertId();
            $answer = ['payment_id' => $payment, 'reservation_numbers' => $numbers, 'amount' => $amount,
                'balance' => $balance, 'paid_at' => iso($now)];
            change($mysql, 'INSERT INTO idempotency (account_id, idempotency_key, fingerprint, answer, created_at)
                VALUES (?, ?, ?, ?, ?)', [$account, $key, $fingerprint, json_encode($answer), $at]);
            $rows = [];
            foreach ($seats as $i => $seat) {
                array_push($rows, $numbers[$i], $account, $concert, $seat, $plan['price'], $payment, $at);
            }
            try {
                change($mysql, 'INSERT INTO reservation (reservation_number, account_id, concert_id, seat, price, payment_id,
                    paid_at) VALUES ' . implode(', ', array_fill(0, count($seats), '(?, ?, ?, ?, ?, ?, ?)')), $rows);
            } catch (PDOException $error) {
                throw $error->errorInfo[1] === 1062 ? new Refusal(409, 'seat_taken') : $error;
            }
            change($mysql, "INSERT INTO point_entry (account_id, delta, reason, reference, balance_after, created_at)
                VALUES (?, ?, 'payment', ?, ?, ?)", [$account, -$amount, (string) $payment, $balance, $at]);
            $hex = bin2hex(random_bytes(16));
            $id = sprintf('%s-%s-4%s-a%s-%s', substr($hex, 0, 8), substr($hex, 8, 4), substr($hex, 13, 3),
                substr($hex, 17, 3), substr($hex, 20));
            $event = json_encode(['event_id' => $id, 'type' => 'payment.completed', 'version' => 1,
                'payment_id' => $payment, 'account_id' => $account, 'concert_id' => $concert, 'place' => $place,
                'amount' => $amount, 'paid_at' => iso($now), 'reservations' => array_map(
                    fn (int $i): array => ['reservation_number' => $numbers[$i], 'seat' => $seats[$i],
                        'price' => $plan['price']], array_keys($seats))]);
            change($mysql, "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at)
                VALUES (?, 'payment', ?, 'payment.completed', ?, ?)", [$id, (string) $payment, $event, $at]);
            $mysql->commit();
            return $answer;
        } catch (Throwable $error) {
            $mysql->rollBack();
            $again = $error instanceof PDOException && in_array($error->errorInfo[1] ?? 0, [1213, 1205, 1020], true);
            if (!$again || $tries === 5) {
                throw $error;
            }
            usleep(random_int(1000, 20000) * $tries);
        }
    }
}

/** The one concert that the numbers name, and its seats in order. */
function named_seats(array $site, mixed $numbers): array
{
    $bad = new Refusal(422, 'bad_value', ['field' => 'reservation_numbers']);
    if (!is_array($numbers) || count($numbers) < 1 || count($numbers) > 8) {
        throw $bad;
    }
    $concert = null;
    $seats = [];
    foreach ($numbers as $number) {
        if (!is_string($number) || !preg_match('/^(\d{8})\.([1-9]\d{0,17})\.([1-9]\d{0,8})$/D', $number, $found)) {
            throw $bad;
        }
        $concert ??= (int) $found[2];
        $seat = (int) $found[3];
        if ($concert !== (int) $found[2] || isset($seats[$seat])) {
            throw $bad;
        }
        $plan = $site['plans'][$concert] ?? throw new Refusal(404, 'not_found');
        if ($found[1] !== $plan['date'] || $seat > $plan['seats']) {
            throw new Refusal(404, 'not_found');
        }
        $seats[$seat] = $seat;
    }
    ksort($seats);
    return [$concert, array_values($seats)];
}

/** Makes sure that the account holds the seats for long enough to pay; the number of its place. */
function claim(array $site, int $account, int $concert, array $seats, string $session): int
{
    if (now_ms() >= $site['plans'][$concert]['starts']) {
        throw new Refusal(409, 'closed');
    }
    $reply = concert_script($site, 'seat_holds_claim', $concert, ['active', 'places', 'sold', 'hold', 'holds',
        "held:$account", 'hold_bits', 'version'], [$account, 60000, 60000, ...$seats], $session);
    return match ($reply[0]) {
        'claimed' => $reply[1],
        'taken' => throw new Refusal(409, 'seat_taken', ['seats' => array_slice($reply, 1)]),
        'expired' => throw new Refusal(410, 'hold_expired'),
    };
}

function claim_and_pay(array $site, int $account, string $session, int $concert, array $seats, string $key,
    string $fingerprint): array
{
    $place = claim($site, $account, $concert, $seats, $session);
    $sold = concert_call($site, 'seat_holds_sold', $concert, ['admitted', 'active', 'places', 'sold', 'hold', 'holds',
        'held', 'hold_bits', 'version', 'changes', 'totals'], [$account, $place, 0, ...$seats], '');
    $poke = [$site['scripts']['outbox_poke'], ['events:poke'], 1];
    return with_lock($site, $account, fn (): array => pay(mysql($site), $account, $concert, $site['plans'][$concert], $seats,
        $place, $key, $fingerprint), [$poke, $sold]);
}

/** May a request that ended so have been answered before? Then its key is there, or its seats are its own. */
function may_be_repeated(Refusal|PDOException $end): bool
{
    return $end instanceof Refusal ? $end->status !== 401 && $end->status < 500 : ($end->errorInfo[1] ?? 0) === 1062;
}

function post_payments(array $site): never
{
    [$account, $session] = caller($site);
    $key = $_SERVER['HTTP_IDEMPOTENCY_KEY'] ?? throw new Refusal(400, 'key_missing');
    $fingerprint = sodium_crypto_generichash("POST /api/v1/payments\n" . file_get_contents('php://input'), '', 32);
    [$concert, $seats] = named_seats($site, body()['reservation_numbers'] ?? null);
    try {
        $answer = claim_and_pay($site, $account, $session, $concert, $seats, $key, $fingerprint);
    } catch (Refusal | PDOException $end) {
        $before = may_be_repeated($end) ? stored_answer(mysql($site), $account, $key, $fingerprint) : null;
        $answer = $before ?? throw $end;
    }
    answer(201, $answer);
}

// ---- routes -----------------------------------------------------------------------------------------------------------

try {
    $path = strtok($_SERVER['REQUEST_URI'], '?');
    $method = $_SERVER['REQUEST_METHOD'];
    if ($method === 'GET' && preg_match('~^/api/v1/concerts/(\d+)/queue$~', $path, $found)) {
        get_queue($site, (int) $found[1]);
    } elseif ($method === 'POST' && preg_match('~^/api/v1/concerts/(\d+)/holds$~', $path, $found)) {
        post_holds($site, (int) $found[1]);
    } elseif ($method === 'POST' && $path === '/api/v1/payments') {
        post_payments($site);
    } elseif ($path === '/healthz') {
        answer(200, ['status' => 'ok']);
    }
    throw new Refusal(404, 'not_found');
} catch (Refusal $refusal) {
    answer($refusal->status, ['type' => "/docs#$refusal->refusal", 'status' => $refusal->status,
        'code' => $refusal->refusal, 'request_id' => $_SERVER['REQUEST_ID'] ?? ''] + $refusal->more);
} catch (RedisException | PDOException $error) {
    error_log($error->getMessage());
    answer(503, ['type' => '/docs#unavailable', 'status' => 503, 'code' => 'unavailable']);
}
