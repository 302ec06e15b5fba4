<?php
// What can be known before the first request is worked out once and kept by opcache: the scripts' sums, the secret, the
// concerts' plans.
//   php deploy.php LUA_DIR SECRET_FILE REDIS_SOCKET MYSQL_SOCKET MYSQL_PASSWORD FIRST_CONCERT LAST_CONCERT > site.php
declare(strict_types=1);

[, $lua, $secret, $redis_socket, $mysql_socket, $password, $first, $last] = $argv;

function script(string $dir, string $name): string
{
    $text = '';
    foreach (file("$dir/$name.lua") as $line) {
        if (preg_match('/^-- include: (\w+)/', $line, $found)) {
            $text .= script($dir, "_$found[1]");
        } elseif (!preg_match('/^[ \t]*(--|$)/', $line)) {
            $text .= $line;
        }
    }
    return $text;
}

$redis = new Redis();
$redis->connect($redis_socket);
$sums = [];
foreach (['queues_find', 'queues_join', 'seat_holds_place', 'seat_holds_claim', 'seat_holds_sold', 'outbox_poke'] as $name) {
    $sums[$name] = $redis->script('load', script($lua, $name));
}
$sums['lock_release'] = $redis->script('load',
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0");

$keys = [];
foreach (file($secret, FILE_IGNORE_NEW_LINES) as $line) {
    [$id, $hex] = explode(':', $line);
    $keys[(int) $id] = hex2bin($hex);
}

$mysql = new PDO("mysql:unix_socket=$mysql_socket;dbname=frontrow", 'frontrow', $password);
$plans = [];
$rows = $mysql->query("SELECT concert_id, venue_date, seats_total, price, starts_at FROM concert JOIN grade USING (concert_id)
    WHERE concert_id BETWEEN $first AND $last");
foreach ($rows as $row) {
    $plans[(int) $row['concert_id']] = ['date' => $row['venue_date'], 'seats' => (int) $row['seats_total'],
        'price' => (int) $row['price'], 'starts' => strtotime($row['starts_at'] . ' UTC') * 1000];
}

echo '<?php return ', var_export(['scripts' => $sums, 'keys' => $keys, 'plans' => $plans, 'redis' => $redis_socket,
    'mysql' => "mysql:unix_socket=$mysql_socket;dbname=frontrow;charset=utf8mb4", 'password' => $password], true), ";\n";
