-- Libraries that an operator holds: drained or paused, since when, by whom and why.

ALTER TABLE "library" ADD COLUMN "hold" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "library" ADD COLUMN "held_since" INTEGER;
ALTER TABLE "library" ADD COLUMN "held_by" TEXT NOT NULL DEFAULT '';
ALTER TABLE "library" ADD COLUMN "held_for" TEXT NOT NULL DEFAULT '';
