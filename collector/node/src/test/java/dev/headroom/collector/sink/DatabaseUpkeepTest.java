package dev.headroom.collector.sink;
