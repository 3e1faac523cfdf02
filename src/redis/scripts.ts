import { builtin } from '../builtin.ts'

/** A Lua script, which the engine runs as one atomic step. */
export interface Script {
  readonly source: string
  /** By which the engine knows a script that it has run before. */
  readonly digest: string
}

function script(source: string): Script {
  return { source, digest: builtin.crypto.createHash('sha1').update(source).digest('hex') }
}

/** Only commands of Redis 2.6: newer ones differ between engines and their versions. */
export function scripts(): { readonly write: Script; readonly lease: Script; readonly removeIfMine: Script } {
  return {
    /** Key: the record. Arguments: version, the whole record, life. Answers 1 when it was kept. */
    write: script(`local kept = redis.call('GET', KEYS[1])
if kept and (tonumber(string.match(kept, '^(%d+)%.')) or -1) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`),
    /** Key: the lease. Arguments: the holder with its separator, the word, life. Answers with the lease of another holder, or an empty string. */
    lease: script(`local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1]) ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return ''`),
    /** Key: a record or a lease. Argument: how it begins when it is mine. */
    removeIfMine: script(`local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)
  }
}
