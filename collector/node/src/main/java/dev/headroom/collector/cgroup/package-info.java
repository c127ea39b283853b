/** Memory cgroups: where they are mounted, what their files say, and which facts follow. */
@NullMarked
package dev.headroom.collector.cgroup;

import org.jspecify.annotations.NullMarked;
