-- Cleaners: the slot that is set aside and the cartridge, whether the service cleans, which drives are due, and since when.

ALTER TABLE "library" ADD COLUMN "cleaner_slot" BLOB CHECK (length("cleaner_slot") = 16);
ALTER TABLE "library" ADD COLUMN "cleaner" BLOB CHECK (length("cleaner") = 16);
ALTER TABLE "library" ADD COLUMN "cleans_drives" INTEGER NOT NULL DEFAULT 1 CHECK ("cleans_drives" IN (0, 1));
ALTER TABLE "drive" ADD COLUMN "cleaning_due" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "drive" ADD COLUMN "mounts_when_cleaned" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "drive" ADD COLUMN "cleanings" TEXT NOT NULL DEFAULT '[]';

-- The planner looks for the cleaner of a library among ten thousand media.
CREATE INDEX "medium_library_type" ON "medium" ("library", "media_type_code");
