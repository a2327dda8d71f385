-- Labels, allocation and pools: what is known of the label on a side, which side of a medium is up, where a released
-- medium goes, who owns a pool beside its creator, and when a library may read its next label in the background.

ALTER TABLE "library" ADD COLUMN "labels_next" INTEGER;
ALTER TABLE "media_pool" ADD COLUMN "inherited_owners" TEXT NOT NULL DEFAULT '[]';
ALTER TABLE "medium" ADD COLUMN "upside_down" INTEGER NOT NULL DEFAULT 0 CHECK ("upside_down" IN (0, 1));
ALTER TABLE "medium" ADD COLUMN "to_free" INTEGER NOT NULL DEFAULT 0 CHECK ("to_free" IN (0, 1));
ALTER TABLE "side" ADD COLUMN "witness" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "side" ADD COLUMN "ordered_label" BLOB CHECK (length("ordered_label") = 16);
ALTER TABLE "operator_request" ADD COLUMN "caller" BLOB CHECK (length("caller") = 16);

CREATE INDEX "slot_library_number" ON "slot" ("library", "number");
CREATE INDEX "medium_to_free" ON "medium" ("to_free");
-- An allocation takes the available side with the fewest allocations, then the oldest (decision 8).
CREATE INDEX "side_state" ON "side" ("state", "allocate_count", "created");
-- A label that was read is looked up among those that are known (P-46).
CREATE INDEX "side_label_id" ON "side" ("label_id");
CREATE INDEX "operator_request_caller" ON "operator_request" ("caller");
