-- Doors: whether one is locked, for which request hands have it and since when, since when it is open, and when it was closed.

ALTER TABLE "door" ADD COLUMN "lock" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "door" ADD COLUMN "opened_for" BLOB CHECK (length("opened_for") = 16);
ALTER TABLE "door" ADD COLUMN "unlocked_at" INTEGER;
ALTER TABLE "door" ADD COLUMN "open_since" INTEGER;
ALTER TABLE "door" ADD COLUMN "closed_at" INTEGER;
