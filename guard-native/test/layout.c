/*
 * layout.c: prints the segment's layout, one "struct field offset size" a line; a struct's own size has the field "-".
 * A test on the collector's side compares this with the offsets that Java uses.
 */
#include <stdio.h>

#include "headroom_segment.h"

#define PRINT_FIELD(type, field, offset, size) printf("%s %s %d %d\n", #type, #field, offset, size);
#define PRINT_STRUCT(type, size) printf("%s - 0 %d\n", #type, size);
#define PRINT_NUMBER(name) printf("constant %s %llu 0\n", #name, (unsigned long long) (name));

int
main(void)
{
	HEADROOM_STRUCTS(PRINT_STRUCT)
	HEADROOM_FIELDS(PRINT_FIELD)
	PRINT_NUMBER(HEADROOM_MAGIC)
	PRINT_NUMBER(HEADROOM_LAYOUT_VERSION)
	PRINT_NUMBER(HEADROOM_SHADOW_LIMITS)
	PRINT_NUMBER(HEADROOM_BLACKBOX_CONTEXTS)
	return 0;
}
