-- The queue: the place that an operator gave to a mount, since when a request ages, and which request another removes.

ALTER TABLE "library_request" ADD COLUMN "rank" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "library_request" ADD COLUMN "place" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "library_request" ADD COLUMN "ages_from" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "library_request" ADD COLUMN "work_item" BLOB CHECK (length("work_item") = 16);

UPDATE "library_request" SET "rank" = "priority", "place" = "sequence", "ages_from" = "queued";
