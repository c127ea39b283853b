# Builds the extension once per major version of Postgres whose server headers are here: $(BUILD)/pg15/headroom.so and so on.
#
# PG_INCLUDES   the headers' folders, …/15/server. Debian: apt-get install postgresql-server-dev-15
# DESTDIR and `make install-extension PG_CONFIG=…` put it where CREATE EXTENSION looks.

HEADROOM_HOME ?= /var/lib/headroom
PG_INCLUDES ?= $(wildcard /usr/include/postgresql/*/server /usr/pgsql-*/include/server \
	$(HEADROOM_HOME)/postgres/usr/include/postgresql/*/server)
EXTENSION := $(wildcard extension/*.c)
EXTENSION_HEADERS := $(wildcard extension/*.h include/*.h core/headroom_guard.h)
EXTENSION_SCRIPTS := extension/headroom.control $(wildcard extension/headroom--*.sql)
# Postgres's own macros and hook signatures leave parameters unused, shadow and declare after use.
EXTENSION_CFLAGS := -std=gnu11 -Wall -Wextra -Wmissing-prototypes -Wundef -Wvla -Wpointer-arith -Werror -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers -fPIC -fvisibility=hidden -fno-strict-aliasing -fwrapv -fno-plt \
	-fstack-protector-strong -fexcess-precision=standard -D_GNU_SOURCE -Iinclude -Icore -Iextension

major_of = $(shell awk '$$2 == "PG_MAJORVERSION_NUM" { print $$3 }' $(1)/pg_config.h $(wildcard $(1)/pg_config_*.h) 2>/dev/null | head -1)

# One set of rules per folder of headers.
define extension_rules
PG_MAJORS += $(1)
$(BUILD)/pg$(1)/headroom.so: $(EXTENSION) $(EXTENSION_HEADERS) $(EXTENSION_SCRIPTS) extension/extension.mk
	@mkdir -p $$(@D)
	$$(CC) $$(EXTENSION_CFLAGS) $$(CFLAGS) -isystem $(2) -shared -Wl,-z,relro,-z,now -Wl,--as-needed -o $$@ $(EXTENSION) -ldl
	@cp $(EXTENSION_SCRIPTS) $$(@D)/
$(BUILD)/pg$(1)/allocate.so: test/postgres/allocate.c extension/compat.h extension/extension.mk
	@mkdir -p $$(@D)
	$$(CC) $$(EXTENSION_CFLAGS) $$(CFLAGS) -isystem $(2) -shared -Wl,-z,relro,-z,now -o $$@ $$<
endef
$(foreach include,$(PG_INCLUDES),$(eval $(call extension_rules,$(call major_of,$(include)),$(include))))

EXTENSION_LIBRARIES := $(foreach major,$(sort $(PG_MAJORS)),$(BUILD)/pg$(major)/headroom.so)

.PHONY: extension install-extension
extension: $(EXTENSION_LIBRARIES)
	@test -n "$^" || echo "[WARNING] the extension is not built: no Postgres server headers here (Debian: apt-get install postgresql-server-dev-15)" >&2
all: extension
# What the tests load into Postgres beside it.
programs: $(foreach major,$(sort $(PG_MAJORS)),$(BUILD)/pg$(major)/allocate.so)

PG_CONFIG ?= pg_config
install-extension: extension
	install -d "$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)" "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension"
	install -m 755 $(BUILD)/pg$(call major_of,$(shell $(PG_CONFIG) --includedir-server))/headroom.so "$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)/"
	install -m 644 $(EXTENSION_SCRIPTS) "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension/"
