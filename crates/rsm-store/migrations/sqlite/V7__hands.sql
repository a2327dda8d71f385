-- Hands: who had a port opened last, how many cleanings a cartridge that is brought can still do, and since when a person
-- has been at a library's door.

ALTER TABLE "port" ADD COLUMN "served" BLOB CHECK (length("served") = 16);
ALTER TABLE "library_request" ADD COLUMN "cleanings" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "library_request" ADD COLUMN "hands_since" INTEGER;
