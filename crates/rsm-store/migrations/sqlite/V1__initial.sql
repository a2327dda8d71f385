-- The first schema. Ids are 16 bytes, moments milliseconds since 1970 in UTC, states and kinds their documented
-- numbers, flags 0 or 1. A reference is demanded only where the row could not mean anything without the other
-- one: sessions and requests are named by rows that outlive them (decisions 6 and 22, M-64). References are looked
-- at when a transaction commits, so that changes may come in any order.

CREATE TABLE "computer" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "library_request_purge_s" INTEGER NOT NULL,
    "operator_request_purge_s" INTEGER NOT NULL,
    "library_request_flags" INTEGER NOT NULL,
    "operator_request_flags" INTEGER NOT NULL,
    "media_pool_policy" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "library" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "kind" INTEGER NOT NULL,
    "bar_code_reader" INTEGER NOT NULL CHECK ("bar_code_reader" IN (0, 1)),
    "inventory_method" INTEGER NOT NULL,
    "auto_recovery" INTEGER NOT NULL CHECK ("auto_recovery" IN (0, 1)),
    "flags" INTEGER NOT NULL,
    "cleaner_uses_remaining" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "read_at" INTEGER,
    "wants_read" INTEGER NOT NULL CHECK ("wants_read" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "changer_type" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "vendor" TEXT NOT NULL,
    "product" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "changer" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "changer_type" BLOB NOT NULL CHECK (length("changer_type") = 16) REFERENCES "changer_type" DEFERRABLE INITIALLY DEFERRED,
    "serial" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "scsi_port" INTEGER NOT NULL,
    "scsi_bus" INTEGER NOT NULL,
    "scsi_target" INTEGER NOT NULL,
    "scsi_lun" INTEGER NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "device" TEXT NOT NULL,
    "element" INTEGER NOT NULL,
    "seen_content" INTEGER NOT NULL,
    "seen_tag" TEXT,
    "seen_generation" INTEGER NOT NULL,
    "seen_at" INTEGER,
    "seen_fenced" INTEGER NOT NULL CHECK ("seen_fenced" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "drive_type" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "vendor" TEXT NOT NULL,
    "product" TEXT NOT NULL,
    "device_type" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "drive" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "drive_type" BLOB NOT NULL CHECK (length("drive_type") = 16) REFERENCES "drive_type" DEFERRABLE INITIALLY DEFERRED,
    "device_name" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "scsi_port" INTEGER NOT NULL,
    "scsi_bus" INTEGER NOT NULL,
    "scsi_target" INTEGER NOT NULL,
    "scsi_lun" INTEGER NOT NULL,
    "mount_count" INTEGER NOT NULL,
    "last_cleaned" INTEGER,
    "saved_side" BLOB CHECK (length("saved_side") = 16),
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "defer_dismount_delay_s" INTEGER NOT NULL,
    "device" TEXT NOT NULL,
    "element" INTEGER NOT NULL,
    "identity" INTEGER NOT NULL,
    "seen_content" INTEGER NOT NULL,
    "seen_tag" TEXT,
    "seen_generation" INTEGER NOT NULL,
    "seen_at" INTEGER,
    "seen_fenced" INTEGER NOT NULL CHECK ("seen_fenced" IN (0, 1)),
    "dismountable_since" INTEGER,
    "probe_at" INTEGER,
    "probes" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "slot" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "element" INTEGER NOT NULL,
    "seen_content" INTEGER NOT NULL,
    "seen_tag" TEXT,
    "seen_generation" INTEGER NOT NULL,
    "seen_at" INTEGER,
    "seen_fenced" INTEGER NOT NULL CHECK ("seen_fenced" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "door" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "max_open_s" INTEGER NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE "port" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "max_extend_s" INTEGER NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "element" INTEGER NOT NULL,
    "seen_content" INTEGER NOT NULL,
    "seen_tag" TEXT,
    "seen_generation" INTEGER NOT NULL,
    "seen_at" INTEGER,
    "seen_fenced" INTEGER NOT NULL CHECK ("seen_fenced" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "media_type" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "code" INTEGER NOT NULL,
    "sides" INTEGER NOT NULL,
    "read_write" INTEGER NOT NULL,
    "device_type" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "library_media_type" (
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "media_type" BLOB NOT NULL CHECK (length("media_type") = 16) REFERENCES "media_type" DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY ("library", "media_type")
) STRICT, WITHOUT ROWID;

CREATE TABLE "media_pool" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "kind" INTEGER NOT NULL,
    "media_type" BLOB CHECK (length("media_type") = 16) REFERENCES "media_type" DEFERRABLE INITIALLY DEFERRED,
    "parent" BLOB CHECK (length("parent") = 16) REFERENCES "media_pool" DEFERRABLE INITIALLY DEFERRED,
    "allocation_policy" INTEGER NOT NULL,
    "deallocation_policy" INTEGER NOT NULL,
    "max_allocates" INTEGER NOT NULL,
    "owner_uid" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "logical_medium" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "pool" BLOB NOT NULL CHECK (length("pool") = 16) REFERENCES "media_pool" DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE "medium" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "pool" BLOB NOT NULL CHECK (length("pool") = 16) REFERENCES "media_pool" DEFERRABLE INITIALLY DEFERRED,
    "location_kind" INTEGER NOT NULL,
    "location_id" BLOB CHECK (length("location_id") = 16),
    "media_type" BLOB NOT NULL CHECK (length("media_type") = 16) REFERENCES "media_type" DEFERRABLE INITIALLY DEFERRED,
    "home_slot" BLOB CHECK (length("home_slot") = 16),
    "bar_code" TEXT,
    "sequence" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "sides" INTEGER NOT NULL,
    "media_type_code" INTEGER NOT NULL,
    "density_code" INTEGER NOT NULL,
    "mounted_side" BLOB CHECK (length("mounted_side") = 16),
    "claimed_by" BLOB CHECK (length("claimed_by") = 16),
    "conflict" INTEGER NOT NULL CHECK ("conflict" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "side" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "medium" BLOB NOT NULL CHECK (length("medium") = 16) REFERENCES "medium" DEFERRABLE INITIALLY DEFERRED,
    "logical_medium" BLOB CHECK (length("logical_medium") = 16) REFERENCES "logical_medium" DEFERRABLE INITIALLY DEFERRED,
    "state" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "label_id" BLOB NOT NULL,
    "label_type" TEXT NOT NULL,
    "label_info" TEXT NOT NULL,
    "mount_count" INTEGER NOT NULL,
    "allocate_count" INTEGER NOT NULL,
    "capacity" INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "library_request" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "operation" INTEGER NOT NULL,
    "option" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "side" BLOB CHECK (length("side") = 16),
    "drive" BLOB CHECK (length("drive") = 16),
    "medium" BLOB CHECK (length("medium") = 16),
    "library" BLOB NOT NULL CHECK (length("library") = 16),
    "slot" BLOB CHECK (length("slot") = 16),
    "queued" INTEGER NOT NULL,
    "completed" INTEGER,
    "application" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "computer" TEXT NOT NULL,
    "error" TEXT,
    "priority" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "session" BLOB CHECK (length("session") = 16),
    "uid" INTEGER NOT NULL,
    "access" INTEGER NOT NULL,
    "drive_given" INTEGER NOT NULL CHECK ("drive_given" IN (0, 1)),
    "goal" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "steps_done" INTEGER NOT NULL,
    "note" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "operator_request" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "created" INTEGER NOT NULL,
    "modified" INTEGER NOT NULL,
    "enabled" INTEGER NOT NULL CHECK ("enabled" IN (0, 1)),
    "operational" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "task" INTEGER NOT NULL,
    "submitted" INTEGER NOT NULL,
    "state" INTEGER NOT NULL,
    "message" TEXT NOT NULL,
    "first_kind" INTEGER,
    "first_id" BLOB CHECK (length("first_id") = 16),
    "second_kind" INTEGER,
    "second_id" BLOB CHECK (length("second_id") = 16),
    "application" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "computer" TEXT NOT NULL,
    "waiting" BLOB CHECK (length("waiting") = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE "session" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "opened" INTEGER NOT NULL,
    "application" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "computer" TEXT NOT NULL,
    "uid" INTEGER NOT NULL,
    "role" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "mount" (
    "medium" BLOB NOT NULL CHECK (length("medium") = 16) REFERENCES "medium" DEFERRABLE INITIALLY DEFERRED,
    "side" BLOB NOT NULL CHECK (length("side") = 16) REFERENCES "side" DEFERRABLE INITIALLY DEFERRED,
    "drive" BLOB NOT NULL CHECK (length("drive") = 16) REFERENCES "drive" DEFERRABLE INITIALLY DEFERRED,
    "request" BLOB NOT NULL CHECK (length("request") = 16),
    "session" BLOB NOT NULL CHECK (length("session") = 16),
    "application" TEXT NOT NULL,
    "user" TEXT NOT NULL,
    "uid" INTEGER NOT NULL,
    "access" INTEGER NOT NULL,
    "since" INTEGER NOT NULL,
    PRIMARY KEY ("medium")
) STRICT, WITHOUT ROWID;

CREATE TABLE "open_step" (
    "id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16),
    "epoch" INTEGER NOT NULL,
    "device" TEXT NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16),
    "request" BLOB CHECK (length("request") = 16),
    "medium" BLOB CHECK (length("medium") = 16),
    "elements" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "order" TEXT NOT NULL,
    "ordered" INTEGER NOT NULL,
    "give_up_at_ms" INTEGER NOT NULL,
    "lost" INTEGER NOT NULL CHECK ("lost" IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE "device" (
    "key" TEXT NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16) REFERENCES "library" DEFERRABLE INITIALLY DEFERRED,
    "address" TEXT NOT NULL,
    "role" INTEGER NOT NULL,
    "bay" INTEGER,
    "epoch" INTEGER NOT NULL,
    "answered" INTEGER NOT NULL CHECK ("answered" IN (0, 1)),
    "serial" TEXT NOT NULL,
    "probe_at" INTEGER,
    "probes" INTEGER NOT NULL,
    PRIMARY KEY ("key")
) STRICT, WITHOUT ROWID;

CREATE TABLE "service" (
    "incarnation" INTEGER NOT NULL,
    "next_sequence" INTEGER NOT NULL,
    "next_medium_number" INTEGER NOT NULL
) STRICT;

-- The table of the service has one row.
CREATE UNIQUE INDEX "service_single" ON "service" ((1));

CREATE INDEX "library_key" ON "library" ("key");
CREATE INDEX "changer_library" ON "changer" ("library");
CREATE INDEX "changer_changer_type" ON "changer" ("changer_type");
CREATE INDEX "changer_device" ON "changer" ("device");
CREATE INDEX "drive_library" ON "drive" ("library");
CREATE INDEX "drive_drive_type" ON "drive" ("drive_type");
CREATE INDEX "drive_device" ON "drive" ("device");
CREATE INDEX "drive_saved_side" ON "drive" ("saved_side");
CREATE INDEX "slot_library" ON "slot" ("library");
CREATE INDEX "door_library" ON "door" ("library");
CREATE INDEX "port_library" ON "port" ("library");
CREATE INDEX "media_type_code" ON "media_type" ("code");
CREATE INDEX "library_media_type_media_type" ON "library_media_type" ("media_type");
CREATE INDEX "media_pool_parent" ON "media_pool" ("parent");
CREATE INDEX "media_pool_media_type" ON "media_pool" ("media_type");
CREATE INDEX "media_pool_kind" ON "media_pool" ("kind");
CREATE INDEX "logical_medium_pool" ON "logical_medium" ("pool");
CREATE INDEX "medium_library" ON "medium" ("library");
CREATE INDEX "medium_pool" ON "medium" ("pool");
CREATE INDEX "medium_media_type" ON "medium" ("media_type");
CREATE INDEX "medium_bar_code" ON "medium" ("bar_code");
CREATE INDEX "medium_claimed_by" ON "medium" ("claimed_by");
CREATE INDEX "medium_location_id" ON "medium" ("location_id");
CREATE INDEX "medium_home_slot" ON "medium" ("home_slot");
CREATE INDEX "side_medium" ON "side" ("medium");
CREATE INDEX "side_logical_medium" ON "side" ("logical_medium");
CREATE INDEX "library_request_library" ON "library_request" ("library");
CREATE INDEX "library_request_medium" ON "library_request" ("medium");
CREATE INDEX "library_request_session" ON "library_request" ("session");
CREATE INDEX "library_request_drive" ON "library_request" ("drive");
CREATE INDEX "library_request_side" ON "library_request" ("side");
CREATE INDEX "library_request_state" ON "library_request" ("state");
CREATE INDEX "operator_request_waiting" ON "operator_request" ("waiting");
CREATE INDEX "operator_request_state" ON "operator_request" ("state");
CREATE INDEX "session_uid" ON "session" ("uid");
CREATE INDEX "mount_side" ON "mount" ("side");
CREATE INDEX "mount_drive" ON "mount" ("drive");
CREATE INDEX "mount_session" ON "mount" ("session");
CREATE INDEX "mount_request" ON "mount" ("request");
CREATE INDEX "open_step_device" ON "open_step" ("device");
CREATE INDEX "open_step_library" ON "open_step" ("library");
CREATE INDEX "open_step_request" ON "open_step" ("request");
CREATE INDEX "open_step_medium" ON "open_step" ("medium");
CREATE INDEX "device_library" ON "device" ("library");

-- What notifications are made of. A sequence number is never given twice, not even after old rows were removed.
CREATE TABLE "event" (
    "seq" INTEGER PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "operation" INTEGER NOT NULL,
    "object_type" INTEGER NOT NULL,
    "object" BLOB NOT NULL CHECK (length("object") = 16)
) STRICT;

-- What the robots did and why, for people.
CREATE TABLE "history" (
    "seq" INTEGER PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "library" BLOB NOT NULL CHECK (length("library") = 16),
    "request" BLOB CHECK (length("request") = 16),
    "what" TEXT NOT NULL,
    "text" TEXT NOT NULL
) STRICT;
CREATE INDEX "history_library" ON "history" ("library", "seq");

-- Who or what changed which rows: a JSON list of [operation, kind, key].
CREATE TABLE "audit" (
    "seq" INTEGER PRIMARY KEY AUTOINCREMENT,
    "at" INTEGER NOT NULL,
    "cause" TEXT NOT NULL,
    "changes" TEXT NOT NULL
) STRICT;
