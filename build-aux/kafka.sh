# shellcheck shell=bash
#
# A real Apache Kafka for build-aux/stack.sh: one broker that is its own controller (KRaft). Sourced after stack.sh.
#
#   stack_fetch_kafka         what tests/kafka/pom.xml names, with Maven, into $STACK_KAFKA_HOME; does nothing when it is there
#   stack_start_kafka [PORT]  needs a fetched one; sets STACK_KAFKA to its address
#
# STACK_KAFKA_ADVERTISED=HOST:PORT is what the broker calls itself when clients come through a proxy. Java and Maven come
# from build-aux/packages/kafka.txt.

STACK_KAFKA_HOME=${STACK_KAFKA_HOME:-$STACK_ROOT/var/kafka}
STACK_KAFKA_HEAP=${STACK_KAFKA_HEAP:-384m}
STACK_KAFKA_CLUSTER=ZnJvbnRyb3ctb25lLW5vZA # any 22 characters of base64 that stay the same
STACK_KAFKA_PORT=

# Maven is slow to start and asks the network, so a mark says which pom was fetched. Its own repository stays in the
# project's folder, too.
stack_fetch_kafka()
{
    local pom=$STACK_ROOT/tests/kafka/pom.xml mark=$STACK_KAFKA_HOME/fetched
    cmp -s "$pom" "$mark" && return 0
    rm -rf "$STACK_KAFKA_HOME/libs" "$mark"
    mkdir -p "$STACK_KAFKA_HOME" || return 1
    # Maven writes beside the pom it reads, and the sources may be read-only.
    cp "$pom" "$STACK_KAFKA_HOME/pom.xml"
    mvn --batch-mode --quiet -Dstyle.color=never -f "$STACK_KAFKA_HOME/pom.xml" -Dmaven.repo.local="$STACK_KAFKA_HOME/repository" \
        dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$STACK_KAFKA_HOME/libs" </dev/null &&
        cp "$pom" "$mark"
}

stack_start_kafka()
{
    STACK_KAFKA_PORT=${1:-${STACK_KAFKA_PORT:-$(stack_free_port)}}
    STACK_KAFKA=127.0.0.1:$STACK_KAFKA_PORT
    mkdir -p "$STACK_DIR/data/kafka"
    stack_write_kafka "$(stack_free_port)" || return 1
    if [[ ! -e $STACK_DIR/data/kafka/meta.properties ]]; then
        stack_kafka_java kafka.tools.StorageTool format -t "$STACK_KAFKA_CLUSTER" -c "$STACK_DIR/etc/kafka.properties" \
            >>"$STACK_LOG/kafka.log" 2>&1 || { stack_say "kafka: could not format its folder"; return 1; }
    fi
    stack_start kafka java "-Xms128m" "-Xmx$STACK_KAFKA_HEAP" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        "-Dlog4j.configuration=file:$STACK_DIR/etc/kafka-log.properties" -cp "$STACK_KAFKA_HOME/libs/*" \
        kafka.Kafka "$STACK_DIR/etc/kafka.properties" || return 1
    stack_wait kafka stack_kafka_answers
}

stack_kafka_java()
{
    java -Xmx128m -XX:TieredStopAtLevel=1 "-Dlog4j.configuration=file:$STACK_DIR/etc/kafka-log.properties" \
        -cp "$STACK_KAFKA_HOME/libs/*" "$@"
}

# The port opens before the broker takes part in its cluster; this line comes after both.
stack_kafka_answers()
{
    ! stack_port_free "$STACK_KAFKA_PORT" &&
        tac "$STACK_LOG/kafka.log" | sed '/^--- .* started$/q' | grep -q 'Kafka Server started'
}

# One node keeps one copy of everything, and needs little of the memory that defaults reserve for fifty partitions of
# bookkeeping. The short session lets a broker that was killed come back at once instead of after nine seconds. A broker
# acknowledges what is in the page cache: kill -9 loses nothing, a power cut may; the outbox row is gone by then, so
# production has three brokers and min.insync.replicas=2.
stack_write_kafka()
{
    cat >"$STACK_DIR/etc/kafka.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$1
listeners=PLAINTEXT://127.0.0.1:$STACK_KAFKA_PORT,CONTROLLER://127.0.0.1:$1
advertised.listeners=PLAINTEXT://${STACK_KAFKA_ADVERTISED:-$STACK_KAFKA}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$STACK_DIR/data/kafka
num.partitions=3
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=16777216
num.network.threads=1
num.io.threads=2
CONF
    cat >"$STACK_DIR/etc/kafka-log.properties" <<CONF
log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1} %m%n
CONF
}
