-- Ports: for which request a port stands open and since when, and which requests leave through the ports together.

ALTER TABLE "port" ADD COLUMN "opened_for" BLOB CHECK (length("opened_for") = 16);
ALTER TABLE "port" ADD COLUMN "opened_at" INTEGER;
ALTER TABLE "library_request" ADD COLUMN "leader" BLOB CHECK (length("leader") = 16);
