/*
 * points.h: named fault-injection points. In a test build a point calls what the test installed; otherwise it is nothing.
 */
#ifndef HEADROOM_POINTS_H
#define HEADROOM_POINTS_H

#ifdef HEADROOM_TEST_POINTS
extern void (*headroom_point_hook)(const char *name);
#define HEADROOM_POINT(name)                                                                                           \
	do                                                                                                                 \
	{                                                                                                                  \
		if (headroom_point_hook != NULL)                                                                               \
			headroom_point_hook(name);                                                                                 \
	} while (0)
#else
#define HEADROOM_POINT(name) ((void) 0)
#endif

#endif
