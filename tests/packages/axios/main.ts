import axios from 'axios';
import { useBff } from 'bff-js/axios';
import { start } from '../plain';

start(async () => (await api.get('/api/private')).status);
const api = useBff(axios.create());
